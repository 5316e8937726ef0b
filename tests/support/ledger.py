"""What clients were told, kept by the tests: it must be true of the database afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.support.wire import Answer, Request


class Ledger:
    """The volumes that were acknowledged as made, and those as deleted, by identifier."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.deleted: set[str] = set()

    def note(self, requests: Sequence[Request], answers: Iterable[Answer]) -> None:
        for request, answer in zip(requests, answers, strict=True):
            self._note(request, answer)

    def _note(self, request: Request, answer: Answer) -> None:
        parts = request.path.partition("?")[0].strip("/").split("/")
        match request.method, parts[1:], answer.status:
            case "POST", ["volume"], 201:
                self.made.add(_bare(answer.body["id"]))
            case "DELETE", ["volume", volume], 200:
                self.deleted.add(_bare(volume))
            case "POST", ["volume", volume, "restore"], _:
                # From now on it is a matter of who was first, which the history tells.
                self.deleted.discard(_bare(volume))


def _bare(identifier: str) -> str:
    return identifier.removeprefix("vol-")
