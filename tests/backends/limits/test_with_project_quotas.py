"""The tests of the directory backend, and those of its limits, on ext4 and XFS with project quotas."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from tests.backends.limits import machine
from tests.support.needs import needs

pytestmark = needs(machine.is_installed(), machine.REASON)

BACKENDS = ["contract", "adoption", "crashes", "disk"]
GUESTS = sorted(path.name for path in Path(__file__).parent.glob("guest/test_*.py"))
FILES = [
    *(f"tests/backends/test_{name}.py" for name in BACKENDS),
    *(f"tests/backends/limits/guest/{name}" for name in GUESTS),
]

Run = Callable[[str], list[machine.Result]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Start the machine with a file system once, and return the results of all its tests."""

    @lru_cache
    def run(file_system: str) -> list[machine.Result]:
        return machine.run_tests(file_system, tmp_path_factory.mktemp(file_system), FILES)

    return run


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("file_system", machine.MAKE)
def test_all_tests_of_the_file_pass(run: Run, file_system: str, file: str) -> None:
    results = [result for result in run(file_system) if result.file == file]
    wrong = [result for result in results if result.outcome != "passed"]
    assert [result.name for result in wrong] == [], "\n".join(result.text for result in wrong)
    assert results
