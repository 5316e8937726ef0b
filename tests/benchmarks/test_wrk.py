"""Parsing the output of wrk."""

from __future__ import annotations

import pytest

from tests.benchmarks.rounds import compared
from tests.benchmarks.wrk import Failed, Result, checked, parsed

OUTPUT = """Running 2s test @ http://127.0.0.1:8000
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    13.17ms    4.44ms  50.05ms   87.70%
{"requests": 2420, "seconds": 2.000000, "p50": 12.500, "p99": 30.250, "refused": 0, "broken": 0}
"""


def test_the_line_of_the_script_is_found_among_those_of_wrk() -> None:
    assert parsed(OUTPUT) == Result(2420, 2.0, p50=12.5, p99=30.25, refused=0, broken=0)


def test_output_without_that_line_is_a_failure() -> None:
    with pytest.raises(Failed, match="no result"):
        parsed("unable to connect to 127.0.0.1:8000 Connection refused")


@pytest.mark.parametrize("failure", [{"refused": 1}, {"broken": 1}])
def test_one_unsuccessful_response_fails_the_run(failure: dict[str, int]) -> None:
    result = Result(**{**vars(parsed(OUTPUT)), **failure})
    with pytest.raises(Failed, match="of 2420 requests"):
        checked(result)


def test_a_run_without_responses_has_no_rate() -> None:
    with pytest.raises(Failed, match="nothing was answered"):
        compared(Result(0, 2.0, p50=0, p99=0, refused=0, broken=0), 0.1, 0.1)


def test_rates_are_per_second_and_processor_time_is_milliseconds_per_request() -> None:
    run = compared(parsed(OUTPUT), server=1.21, database=0.605)
    assert (run.rate, run.server, run.database) == (1210, 0.5, 0.25)
