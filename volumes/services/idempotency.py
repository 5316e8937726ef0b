"""Idempotency-Key: a repeated POST creates one object only."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass

from django.db.models.functions import Now

from config.errors import Refused
from volumes.models import IdempotencyRecord
from volumes.specs.parsers import Body


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """One user's key for one operation on one environment or volume.

    It is used under the lock of that object, so a concurrent second call waits for the first.
    """

    user_id: int
    operation: str
    scope_id: uuid.UUID
    key: str
    body_digest: str
    """Of the body as it was sent, so that a field that is ignored counts too."""

    def find(self) -> uuid.UUID | None:
        """Return the id that the first call with this key created; None if this is the first.

        Raises Refused if the first call had another body.
        """
        IdempotencyRecord.objects.expired().filter(**self._row).delete()
        record = IdempotencyRecord.objects.filter(**self._row).first()
        if record is None:
            return None
        if record.body_digest != self.body_digest:
            raise self.conflict("was used with another body")
        made: uuid.UUID = record.made_id
        return made

    def store(self, made: uuid.UUID) -> None:
        # In database time, which decides about expiry: a server's clock may be days behind.
        IdempotencyRecord.objects.create(
            **self._row, body_digest=self.body_digest, made_id=made, created_at=Now()
        )

    def conflict(self, why: str) -> Refused:
        return Refused.because("", "key_reused", f"The Idempotency-Key {why}.")

    @property
    def _row(self) -> dict[str, object]:
        return {
            "user_id": self.user_id,
            "operation": self.operation,
            "scope_id": self.scope_id,
            "key": self.key,
        }


def digest(body: Body) -> str:
    """Equal for equal JSON, however it was spaced and ordered."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
