"""Records which changes the server acknowledged. Afterwards they must be true of the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.support.wire import Answer, Request


class AcknowledgedChanges:
    """The ids of volumes whose creation or deletion was acknowledged."""

    def __init__(self) -> None:
        self.created: set[str] = set()
        self.deleted: set[str] = set()

    def record(self, requests: Sequence[Request], answers: Iterable[Answer]) -> None:
        for request, answer in zip(requests, answers, strict=True):
            self._record(request, answer)

    def _record(self, request: Request, answer: Answer) -> None:
        parts = request.path.partition("?")[0].strip("/").split("/")
        match request.method, parts[1:], answer.status:
            case "POST", ["volume"], 201:
                self.created.add(_bare(answer.body["id"]))
            case "DELETE", ["volume", volume], 200:
                self.deleted.add(_bare(volume))
            case "POST", ["volume", volume, "restore"], _:
                # Restore and delete may be concurrent. Only the history tells which came last.
                self.deleted.discard(_bare(volume))


def _bare(identifier: str) -> str:
    return identifier.removeprefix("vol-")
