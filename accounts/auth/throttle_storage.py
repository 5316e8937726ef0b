"""The storage of the `limits` library: one database row for each window, shared by all processes."""

from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from limits.storage import Storage

from accounts.models import FailureCount

# One statement, so that concurrent failures are all counted. An expired window starts again.
COUNT = """
INSERT INTO accounts_failurecount AS c ("key", "count", "expires_at") VALUES (%s, %s, %s)
ON CONFLICT ("key") DO UPDATE SET
    "count" = CASE WHEN c."expires_at" <= %s THEN 0 ELSE c."count" END + excluded."count",
    "expires_at" = CASE WHEN c."expires_at" <= %s THEN excluded."expires_at" ELSE c."expires_at" END
RETURNING "count"
"""


class DatabaseStorage(Storage):
    """Stores fixed windows in the FailureCount table. A window begins with its first failure."""

    STORAGE_SCHEME = ["holdfast-database"]

    @property
    def base_exceptions(self) -> type[Exception]:
        return DatabaseError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = timezone.now()
        adapt = connection.ops.adapt_datetimefield_value
        begins, ends = adapt(now), adapt(now + timedelta(seconds=expiry))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(COUNT, [key, amount, ends, begins, begins])
            count: int = cursor.fetchall()[0][0]
        if count == amount:
            self._delete_expired_windows()
        return count

    def get(self, key: str) -> int:
        row = FailureCount.objects.filter(key=key, expires_at__gt=timezone.now()).first()
        return row.count if row else 0

    def get_expiry(self, key: str) -> float:
        row = FailureCount.objects.filter(key=key).first()
        return (row.expires_at if row else timezone.now()).timestamp()

    def check(self) -> bool:
        FailureCount.objects.exists()
        return True

    def reset(self) -> int:
        return FailureCount.objects.all().delete()[0]

    def clear(self, key: str) -> None:
        FailureCount.objects.filter(key=key).delete()

    @staticmethod
    def _delete_expired_windows() -> None:
        # Rows locked by others are left for later: waiting for them could deadlock.
        expired = FailureCount.objects.filter(expires_at__lt=timezone.now())
        with transaction.atomic():
            unlocked = expired.select_for_update(skip_locked=True).values_list("key", flat=True)
            FailureCount.objects.filter(key__in=list(unlocked[:100])).delete()
