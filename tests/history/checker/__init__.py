"""Says what cannot be true: a pure function over what clients wrote down and how it all ended."""

from __future__ import annotations

from collections.abc import Sequence

from tests.history.checker import counts, rest
from tests.history.checker.anomaly import Anomaly
from tests.history.checker.chain import Chain
from tests.history.checker.order import Order
from tests.history.final import Final
from tests.history.operations import Operation

__all__ = ["Anomaly", "check"]


def check(operations: Sequence[Operation], final: Final) -> list[Anomaly]:
    """Every anomaly, each once. None means that some order of the operations explains everything
    that was answered and all that is left: one chain of versions for each volume, in real time."""
    chains = {
        volume: Chain(volume, final.histories[volume], row) for volume, row in final.volumes.items()
    }
    found = [
        *(anomaly for chain in chains.values() for anomaly in chain.anomalies),
        *Order(chains).follow(operations),
        *counts.of_marked(operations, chains.values()),
        *counts.of_unmarked(operations, chains.values()),
        *counts.of_keys(operations),
        *rest.of_quotas(operations, final),
        *rest.of_names(operations, final),
        *rest.of_snapshots(operations, final),
        *rest.of_rows(chains.values(), final),
        *rest.of_answers(operations),
    ]
    return sorted(set(found))
