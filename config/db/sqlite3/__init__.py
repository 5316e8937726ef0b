"""Django's SQLite engine without the test for JSON support. See base.py."""
