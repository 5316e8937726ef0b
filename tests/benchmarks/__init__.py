"""Benchmarks: Holdfast beside two services of the same purpose, and beside what the database allows.

`make bench`, or `python -m tests.benchmarks --help`. Everything runs on this machine, on 127.0.0.1, in a
directory of its own that goes with the run. The load comes from wrk; `drive.lua` makes the requests.
"""
