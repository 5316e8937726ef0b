"""What was requests, and what was wrong with the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fuzz.gate import Answer, Shot

MAX_FINDINGS = 50


@dataclass
class Finding:
    kind: str
    """What is wrong, in a word: `5xx`, `schema`, `request id`, `html`, `silence`, `list`."""
    why: str
    caller: str
    shot: Shot
    answer: Answer | None

    def __str__(self) -> str:
        status = self.answer.status if self.answer else "nothing"
        content = self.answer.content[:300] if self.answer else b""
        return (
            f"[{self.kind}] {self.why}\n"
            f"  {self.caller}: {self.shot.method} {self.shot.path} -> {status} {content!r}\n"
            f"  sent: {self.shot.raw[:1500]!r}"
        )


@dataclass
class Results:
    """Counts by source of the request; the first MAX_FINDINGS findings are kept whole."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.requests.total()

    def record(self, source: str, answer: Answer | None, findings: Sequence[Finding]) -> None:
        self.requests[source] += 1
        self.statuses[str(answer.status) if answer else "hung up"] += 1
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        self.found[finding.kind] += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
