"""Whether the storage as a whole is available, as the reconciler sees it."""

import re
from threading import Event

import pytest

from config import limits
from tests.support.storage import Fallible
from volumes.backends import BackendError
from volumes.models import StorageState
from volumes.reconciler import availability
from volumes.reconciler.availability import NO_ANSWER, StorageQuestion, refresh_availability


class Silent(Fallible):
    """A storage that does not answer until `answer` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = Event()
        self.asked = 0

    def check(self) -> None:
        self.asked += 1
        self.answer.wait()


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Fallible:
    backend = Fallible()
    monkeypatch.setattr(availability, "storage", lambda: backend)
    return backend


def test_the_beginning_and_the_end_of_an_outage_are_recorded(db, backend):
    backend.unmount()
    assert refresh_availability() != ""
    state = StorageState.objects.get()
    assert state.unavailable_since is not None
    assert state.detail != ""
    backend.mount()
    assert refresh_availability() == ""
    assert StorageState.objects.get().unavailable_since is None


def test_an_unchanged_state_is_not_written(db, backend, django_assert_num_queries):
    refresh_availability()
    with django_assert_num_queries(1):
        refresh_availability()


def test_a_storage_that_does_not_answer_is_unavailable(monkeypatch):
    monkeypatch.setattr(limits, "STORAGE_CHECK_TIMEOUT", 0.05)
    check, backend = StorageQuestion(lambda backend: backend.check()), Silent()
    for _ in range(2):
        with pytest.raises(BackendError, match=re.escape(NO_ANSWER)):
            check.answer(backend)
    assert backend.asked == 1
    backend.answer.set()
    monkeypatch.setattr(limits, "STORAGE_CHECK_TIMEOUT", 5.0)
    check.answer(backend)
