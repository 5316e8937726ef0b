"""Mistakes that stores make, each made on purpose: a history checker must name every one.

Each replaces something of the product, in processes that run under `tests.seeded_bugs.settings` and in no
others. Where a mistake is a race, it is given a moment, so that it takes no luck to see it.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from django.db import transaction

from config import limits
from config.db.cte import execute
from config.errors import NotFound
from volumes.backends.directory import Directory
from volumes.models import Environment, Volume
from volumes.queries import volume_rows
from volumes.reconciler import persistence, step_runner, steps
from volumes.rules import volumes as rules
from volumes.rules.quota import QuotaHeadroom
from volumes.services import attachments, creation, group_commit, history, idempotency, locking
from volumes.services import volumes as services

MOMENT = 0.05
"""Seconds in which others come in between."""


Replacements = Iterator[AbstractContextManager[Any]]


def read_modify_save() -> Replacements:
    """An update reads the volume, and later saves it, whoever saved it in between."""
    yield from _unlocked(services, "update_volume")
    yield patch.object(services, "save_if_unchanged", _save_anyhow)


def whole_row_save() -> Replacements:
    """As before, and it writes back every column: also that the volume is not deleted."""

    def write(row: Any, *, expected: int, fields: list[str], **worked_out: Any) -> None:
        time.sleep(MOMENT)
        for name, value in worked_out.items():
            setattr(row, name, value)
        row.save()

    yield from _unlocked(services, "update_volume")
    yield patch.object(services, "save_if_unchanged", write)


def count_then_insert() -> Replacements:
    """A create looks whether there is room, and later takes it, whoever took it in between."""
    insert = creation.insert_volume

    def later(*arguments: Any, **more: Any) -> Volume:
        time.sleep(MOMENT)
        return insert(*arguments, **more)

    def unguarded(locks: Any, *statements: Any) -> bool:
        time.sleep(MOMENT)
        return execute(*statements) > 0

    yield from _unlocked(creation, "_create_locked")
    yield patch.object(creation, "insert_volume", later)
    yield patch.object(group_commit, "execute_if_locked", unguarded)


def unlocked_attach() -> Replacements:
    """An attach sees a volume, and later writes that it is mounted, although it was deleted since."""
    touch = locking.bump_version

    def later(*arguments: Any) -> int:
        time.sleep(MOMENT)
        return touch(*arguments)

    yield from _unlocked(attachments, "attach")
    yield patch.object(attachments, "bump_version", later)
    yield patch.object(attachments, "save_if_unchanged", _save_anyhow)


def short_leases() -> Replacements:
    """No fault: steps outlive their leases, so that others begin the same step beside them."""
    remove = Directory.delete

    def slowly(self: Directory, handle: str) -> None:
        remove(self, handle)
        time.sleep(40 * MOMENT)

    yield patch.object(Directory, "delete", slowly)
    yield patch.object(limits, "LEASE", limits.LEASE / 100)
    yield patch.object(limits, "INLINE_HEAD_START", limits.LEASE)


def no_fence() -> Replacements:
    """A step records what it saw although its lease has passed to another."""
    yield from short_leases()

    write = persistence.persist

    def regardless(seen: Any) -> Any:
        for outcome in (seen := list(seen)):
            row = outcome.row
            type(row)._default_manager.filter(pk=row.pk).update(lease_owner=row.lease_owner)
        return write(seen)

    yield patch.object(steps, "persist", regardless)
    yield patch.object(step_runner, "persist", regardless)


def lost_revision() -> Replacements:
    """Now and then a change is not written into the history."""
    record = history.record_volume

    def forgetful(*arguments: Any, **more: Any) -> None:
        if random.random() < 0.8:
            record(*arguments, **more)

    yield patch.object(history, "record_volume", forgetful)


def cached_read() -> Replacements:
    """A GET is answered from what was read a moment ago."""
    read = volume_rows.volume_by_token
    cache: dict[uuid.UUID, tuple[float, Any]] = {}

    def cached(digest: str, environment: uuid.UUID, pk: uuid.UUID) -> Any:
        at, found = cache.get(pk, (0.0, None))
        if time.monotonic() - at > 20 * MOMENT:
            found = read(digest, environment, pk)
            cache[pk] = time.monotonic(), found
        return found

    yield patch.object(volume_rows, "volume_by_token", cached)


def forgotten_key() -> Replacements:
    """What an Idempotency-Key made is not remembered."""
    yield patch.object(idempotency.IdempotencyKey, "store", lambda self, made: None)


def version_not_raised() -> Replacements:
    """Now and then an update leaves the version as it is."""
    touch = locking.bump_version

    def lazily(row: Any, by: str) -> int:
        before = touch(row, by)
        row.version -= random.random() < 0.5
        return before

    yield patch.object(services, "bump_version", lazily)


def unsaved_write() -> Replacements:
    """Now and then an update is answered and not kept."""
    update = services.update_volume

    @transaction.atomic
    def forgetful(**given: Any) -> Volume:
        volume = update(**given)
        transaction.set_rollback(random.random() < 0.3)
        return volume

    yield patch.object(services, "update_volume", forgetful)


def ignored_precondition() -> Replacements:
    """Whatever If-Match says, the write is accepted."""
    yield patch.object(locking.Precondition, "check", lambda self, row: None)


def shrinking() -> Replacements:
    """A size may become smaller."""

    def careless(spec: Any, environment: Environment, volume: Any, snapshot: Any) -> Any:
        return QuotaHeadroom(environment), []

    yield patch.object(rules, "_check_size", careless)


def short_list() -> Replacements:
    """A list leaves out its first row."""
    read = volume_rows.page_by_token
    yield patch.object(volume_rows, "page_by_token", lambda *wanted: read(*wanted)[1:])


def shown_after_delete() -> Replacements:
    """What is deleted is still served."""

    def served(digest: str, environment: uuid.UUID, pk: uuid.UUID) -> Any:
        return volume_rows.get_volume_row(environment, pk, deleted_too=True)

    yield patch.object(volume_rows, "volume_by_token", served)


FAULTS: dict[str, Callable[[], Replacements]] = {
    fault.__name__: fault
    for fault in (
        read_modify_save,
        whole_row_save,
        count_then_insert,
        unlocked_attach,
        short_leases,
        no_fence,
        lost_revision,
        cached_read,
        forgotten_key,
        version_not_raised,
        unsaved_write,
        ignored_precondition,
        shrinking,
        short_list,
        shown_after_delete,
    )
}


def _unlocked(module: Any, verb: str) -> Replacements:
    """Let a verb run without a transaction, and its module without locks."""

    def found(environment: Environment) -> Environment:
        return Environment.objects.select_related("company").get(pk=environment.pk)

    def found_volume(environment: Environment, volume_id: uuid.UUID) -> Volume:
        volume: Volume | None = environment.volumes.live().filter(pk=volume_id).first()
        if volume is None:
            raise NotFound
        volume.environment = environment
        time.sleep(MOMENT)
        return volume

    yield patch.object(module, "lock_environment", found)
    yield patch.object(module, "lock_volume", found_volume, create=True)  # a create has none
    yield patch.object(module, verb, getattr(module, verb).__wrapped__)


def _save_anyhow(row: Any, *, expected: int, fields: list[str], **worked_out: Any) -> None:
    values = {name: getattr(row, name) for name in [*fields, "version", "modified_by"]}
    type(row)._default_manager.filter(pk=row.pk).update(**values, **worked_out)
