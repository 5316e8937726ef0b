"""Reading the samples of py-spy."""

from __future__ import annotations

from tests.benchmarks.profiling import heaviest


def test_time_is_counted_in_the_function_that_spent_it() -> None:
    stacks = [
        "main (a.py:1);parse (b.py:2) 30",
        "main (a.py:1) 10",
        "other (c.py:3);parse (b.py:2) 60",
    ]
    assert heaviest(stacks) == [" 90.0 %  parse (b.py:2)", " 10.0 %  main (a.py:1)"]
