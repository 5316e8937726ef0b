"""What must hold of every installation, checked against database and disk. It only reads.

Each module looks at one kind of evidence and tells the violations that it finds. On a live system
nothing stands still, so each question is one statement, or is asked in an order in which what moves
meanwhile cannot look wrong, or is asked again.
"""
