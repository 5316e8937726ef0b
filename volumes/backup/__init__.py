"""Backups: one file with the database and the secret key of a running installation.

The data of volumes is not in it: it is in STORAGE_ROOT, and `instructions` says how to copy that.
"""
