"""What a killed step left beside the data of a settled volume is removed by the hourly check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import User
from config import limits
from tests.support.api import Api
from volumes.models import Environment, Snapshot, Volume
from volumes.reconciler.periodic import check_all_settled

OTHER = "0199a000-0000-7000-8000-000000000002"


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is old enough to be removed."""
    monkeypatch.setattr(limits, "MIN_LEFTOVER_AGE", timedelta(seconds=-1))


@pytest.fixture
def volume(
    api: Callable[..., Api], alice: User, environment: Environment, storage_root: Path
) -> Volume:
    """A settled volume with a file and a snapshot, in a real directory."""
    path = f"/{environment.pk}/volume"
    made = api(alice).post(path, {"name": "uploads", "size": 1}).json()
    (storage_root / made["id"].removeprefix("vol-") / "data" / "note").write_text("kept")
    api(alice).post(f"{path}/{made['id']}/snapshot", {"name": "copy"})
    return Volume.objects.get()


@pytest.fixture
def leave(volume: Volume, storage_root: Path) -> Callable[..., Path]:
    """Leave a piece of an attempt at the volume, or at one of its snapshots."""

    def make(snapshot: Any = None, *, area: str = ".tmp") -> Path:
        item = f"{volume.pk}" if snapshot is None else f"{volume.pk}.{snapshot}"
        piece = storage_root / area / f"{item}.0"
        (piece / "data").mkdir(parents=True)
        (piece / "data" / "half").write_text("copied")
        return piece

    return make


@pytest.mark.usefixtures("old")
def test_old_leftovers_are_removed_and_data_is_kept(
    volume: Volume, leave: Callable[..., Path], storage_root: Path
) -> None:
    snapshot = Snapshot.objects.get()
    pieces = [leave(), leave(area=".trash"), leave(snapshot.pk), leave(OTHER)]
    assert check_all_settled() == []
    assert [piece for piece in pieces if piece.exists()] == []
    home = storage_root / str(volume.pk)
    assert (home / "data" / "note").read_text() == "kept"
    assert (home / "snapshots" / str(snapshot.pk) / "note").read_text() == "kept"


def test_recent_leftovers_are_kept(leave: Callable[..., Path]) -> None:
    piece = leave()
    assert check_all_settled() == []
    assert piece.exists()


@pytest.mark.usefixtures("old")
def test_leftovers_of_a_leased_step_are_kept(leave: Callable[..., Path]) -> None:
    Snapshot.objects.update(due_at=Now(), lease_until=Now() + limits.LEASE)
    own, others = leave(Snapshot.objects.get().pk), leave()
    assert check_all_settled() == []
    assert (own.exists(), others.exists()) == (True, False)


@pytest.mark.usefixtures("old")
def test_leftovers_are_kept_while_the_data_is_missing(
    volume: Volume, leave: Callable[..., Path], storage_root: Path
) -> None:
    piece = leave()
    (storage_root / str(volume.pk)).rename(storage_root / "elsewhere")
    check_all_settled()
    assert piece.exists()


@pytest.mark.usefixtures("old")
def test_leftovers_that_cannot_be_removed_are_reported(
    leave: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    leave()
    monkeypatch.setattr("volumes.backends.tree.remove", refuse)
    (sentence,) = check_all_settled()
    assert "uploads" in sentence
