"""Creating volumes. What is wanted is written; the reconciler makes it."""

from __future__ import annotations

import uuid

from django.db import connection, transaction

from accounts.callers import Actor
from config.prepared import execute
from volumes.errors import Refused
from volumes.models import Environment, Volume
from volumes.querysets import SnapshotQuerySet
from volumes.reconciler.inline import settle_soon
from volumes.rules.fields import Body
from volumes.rules.volumes import Wish, review, wish_for_new
from volumes.services.idempotency import IdempotencyKey
from volumes.services.locks import locked
from volumes.services.newborn import Newborn, written
from volumes.services.orders import OrderByToken, OrderOf, Orders


def create_volume(
    *,
    environment: Environment,
    body: Body,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None = None,
) -> tuple[Volume, bool]:
    """Reserve room and write what is wanted; the reconciler makes it.

    Returns the volume and whether an earlier call with the same key had made it.
    `snapshots` are those that the caller reaches. Raises Refused with every problem.
    """
    # Another request may write it: that must not be undone with a transaction of this one's.
    if not key and not connection.in_atomic_block and (wish := _plain_wish(body)):
        volume = _ORDERS.volume(OrderOf(environment, wish, actor))
        if volume:
            return volume, False
    return _create_locked(environment, body, snapshots, actor, key)


def create_by_token(
    *, environment_id: uuid.UUID, body: Body, digest: str, ip: str | None
) -> Volume | None:
    """The same for a token that nobody has looked up yet. None leaves it to `create_volume`."""
    wish = _plain_wish(body)
    if wish is None:
        return None
    return _ORDERS.volume(OrderByToken(environment_id, wish, digest, ip))


def _plain_wish(body: Body) -> Wish | None:
    """What may be written together with others."""
    return None if _FOLLOWED & set(body) else wish_for_new(body)


_FOLLOWED = {"attachedAppsRefs", "restoreFrom"}
"""What names other rows of the environment, which must stay as they are until a volume is made."""

_ORDERS = Orders()


@transaction.atomic
def _create_locked(
    environment: Environment,
    body: Body,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None,
) -> tuple[Volume, bool]:
    environment = locked(environment)
    if key and (made := key.earlier(body)):
        volume = environment.volumes.live().filter(pk=made).first()
        if volume is None:
            raise key.reused("made a volume that is deleted since")
        return volume, True
    found = review(environment, body, volume=None, snapshots=snapshots)
    if found.problems:
        raise Refused(found.problems)
    volume = insert_volume(Newborn(environment, found.wish, actor))
    if key:
        key.keep(body, volume.pk)
    return volume, False


def insert_volume(newborn: Newborn) -> Volume:
    """Write a volume whose wish has no problems, in a locked environment."""
    # Together: both locks are held for as long as this takes.
    execute(*written([newborn]))
    settle_soon(newborn.volume, is_claimed=True)
    return newborn.volume
