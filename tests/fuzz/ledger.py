"""What was asked, and what was wrong with the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fuzz.gate import Answer, Shot

MOST_KEPT = 50


@dataclass
class Finding:
    kind: str
    """What is wrong, in a word: `5xx`, `schema`, `request id`, `html`, `silence`, `list`."""
    why: str
    speaker: str
    shot: Shot
    answer: Answer | None

    def __str__(self) -> str:
        status = self.answer.status if self.answer else "nothing"
        said = self.answer.content[:300] if self.answer else b""
        return (
            f"[{self.kind}] {self.why}\n"
            f"  {self.speaker}: {self.shot.method} {self.shot.path} -> {status} {said!r}\n"
            f"  sent: {self.shot.raw[:1500]!r}"
        )


@dataclass
class Ledger:
    """Counts by what made the request; findings are kept whole, up to a number of them."""

    asked: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.asked.total()

    def note(self, source: str, answer: Answer | None, findings: Sequence[Finding]) -> None:
        self.asked[source] += 1
        self.statuses[str(answer.status) if answer else "hung up"] += 1
        for finding in findings:
            self.keep(finding)

    def keep(self, finding: Finding) -> None:
        self.found[finding.kind] += 1
        if len(self.findings) < MOST_KEPT:
            self.findings.append(finding)
