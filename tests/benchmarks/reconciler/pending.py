"""Pending volumes among settled ones."""

from __future__ import annotations

import time

from tests.benchmarks.databases import Database
from tests.benchmarks.rows import volume_id
from tests.benchmarks.services import loading
from tests.support.installation import Installation

LOOK_EVERY = 0.2
"""Seconds between questions how many are left."""


class Pending:
    """`volumes` of them, the last ones of one environment, wanted again as often as one likes."""

    def __init__(
        self, installation: Installation, database: Database, settled: int, volumes: int
    ) -> None:
        self.installation = installation
        self.database = database
        self.volumes = volumes
        self.last_settled = volume_id(settled)
        loading.settle(database)
        loading.load(database, range(1, settled + volumes + 1), installation.identity)

    def forget(self) -> None:
        """They are settled like the others, and nothing of them is in the storage."""
        self.installation.empty_storage()
        self.database.tidy()

    def want(self) -> None:
        self.database.execute(
            "UPDATE volumes_volume SET status = 'pending', provisioned_size = NULL,"
            " due_at = CURRENT_TIMESTAMP WHERE id > %s",
            self.last_settled,
        )

    def rate(self) -> float:
        """Wait until all that are wanted are made. Returns how many were made in a second.

        Nobody who looks for work once a second is hurried: time begins with the first that is made.
        """
        began, left = time.monotonic(), self.volumes
        while left:
            if left == self.volumes:
                began = time.monotonic()
            time.sleep(LOOK_EVERY)
            left = self.left()
        return self.volumes / (time.monotonic() - began)

    def left(self) -> int:
        ((left,),) = self.database.execute(
            "SELECT COUNT(*) FROM volumes_volume WHERE due_at IS NOT NULL"
        )
        return int(left)
