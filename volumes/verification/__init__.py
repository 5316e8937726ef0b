"""Check the invariants of an installation against database and disk. Verification only reads.

Each module checks one kind of evidence and yields violations. Rows and data change during the checks.
So each check is one statement, or reads in an order in which concurrent changes cannot look wrong, or
is repeated.
"""
