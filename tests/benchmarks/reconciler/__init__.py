"""How many volumes reconcilers make in a second, beside what the disk alone allows.

`python -m tests.benchmarks.reconciler --help`. The reconcilers are `manage.py reconcile --watch`, as an
operator starts them, with a database and a storage that go with the run.
"""
