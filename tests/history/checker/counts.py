"""Once and only once: what was accepted happened, what was refused did not, the rest may have, once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tests.history.checker.anomaly import Anomaly
from tests.history.checker.chain import Chain, target_of
from tests.history.checker.order import mark_of
from tests.history.operations import Operation

COUNTED = ("attach", "detach", "delete", "restore")
"""They write nothing of their own that tells one from another: only their number can be wrong."""


def of_marked(operations: Iterable[Operation], chains: Iterable[Chain]) -> Iterator[Anomaly]:
    """Writes that left a mark: creates and updates of volumes, and snapshots."""
    found = Counter(_marks(chains))
    asked = defaultdict(list)
    for operation in operations:
        if operation.kind in {"create", "put", "snap"}:
            asked[operation.mark].append(operation)
    for mark, same in asked.items():
        # Several with one mark are repetitions under one key, which together happen once.
        yield from _judge(found[mark], same, str(mark), most=1)
    for mark in found.keys() - asked.keys():
        yield Anomaly("from_nowhere", str(mark), "is in a history and nobody wrote it")


def of_unmarked(operations: Iterable[Operation], chains: Iterable[Chain]) -> Iterator[Anomaly]:
    found = Counter(
        (chain.volume, entry["action"], target_of(entry))
        for chain in chains
        for entry in chain.entries
        if entry["action"] in COUNTED
    )
    asked = defaultdict(list)
    for operation in operations:
        if operation.kind in COUNTED:
            asked[str(operation.volume), operation.kind, operation.target].append(operation)
    for key, same in asked.items():
        yield from _judge(found[key], same, f"{key[1]} of {key[0]}", most=len(same))
    for volume, action, _ in found.keys() - asked.keys():
        yield Anomaly("from_nowhere", volume, f"has a {action} that nobody asked for")


def _judge(happened: int, same: list[Operation], subject: str, most: int) -> Iterator[Anomaly]:
    accepted = sum(operation.accepted for operation in same)
    maybe = sum(operation.is_open for operation in same)
    if happened < min(accepted, most):
        kind = "lost_write"
    elif not accepted + maybe and happened:
        kind = "refused_but_done"
    elif happened > min(accepted + maybe, most):
        kind = "created_twice" if same[0].kind == "create" else "doubled_write"
    else:
        return
    yield Anomaly(
        kind, subject, f"happened {happened} times: {accepted} accepted, {maybe} open; {same[0]}"
    )


def _marks(chains: Iterable[Chain]) -> Iterator[str | None]:
    for chain in chains:
        for entry in chain.entries:
            if entry["action"] == "create" or "description" in entry["changes"]:
                yield mark_of(entry)
        for entry in chain.snapshots:
            if entry["action"] == "snapshot_create":
                yield entry["changes"]["name"][1]


def of_keys(operations: Iterable[Operation]) -> Iterator[Anomaly]:
    """Whatever is sent under one key is about one thing, and is never met by what itself made."""
    by_key = defaultdict(list)
    for operation in operations:
        if operation.key is not None:
            by_key[operation.environment, operation.kind, operation.volume, operation.key].append(
                operation
            )
    for same in by_key.values():
        made = {operation.answer["id"] for operation in same if operation.accepted}
        subject = f"the key {same[0].key}"
        if len(made) > 1:
            kind = "created_twice" if same[0].kind == "create" else "doubled_write"
            yield Anomaly(kind, subject, f"made {sorted(made)}")
        known = min((one.ended or 0 for one in same if one.accepted), default=float("inf"))
        for later in same:
            forgotten = later.status == 409 and later.codes != {"key_reused"}
            if later.began > known and forgotten:
                yield Anomaly("key_forgotten", subject, f"{later} is refused for {later.codes}")
