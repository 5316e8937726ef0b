"""One campaign: rounds of hostile requests against a real server, and the lists after each of them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from random import Random

import requests
from schemathesis.core.transport import Response

from tests.fuzz import broken, handmade, pages
from tests.fuzz.cases import Case, Operation
from tests.fuzz.gate import PATIENCE, Answer, Gate, Shot, shot_of
from tests.fuzz.generated import ask_by_the_document, prepared
from tests.fuzz.judge import Judge, as_response
from tests.fuzz.lists import lists
from tests.fuzz.people import Caller, everybody
from tests.fuzz.pool import Pool
from tests.fuzz.results import Finding, Results
from tests.fuzz.scenarios import STEPS, follow_links
from tests.fuzz.stalled import stalled
from tests.support.server import Server

ROUND = 2000
"""Requests between two looks at the lists, at most."""


class Campaign:
    """Sends, judges and counts. What it sends follows from the seed, as far as answers do."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server, self.random = server, Random(seed)
        self.results, self.gate, self.pool = Results(), Gate(server.port), Pool(self.random)
        address = f"http://127.0.0.1:{server.port}/schema"
        self.judge = Judge(requests.get(address, timeout=PATIENCE).json())
        self.operations: list[Operation] = list(self.judge.operations.values())
        self.people = {one.name: one for one in everybody(server)}
        self.owner = self.people["owner, token"]
        self.drafts = self._shuffled(handmade.drafts(self.operations))
        self.pages = self._shuffled(pages.drafts())

    def _shuffled(self, drafts: Iterable[handmade.Draft]) -> Iterator[handmade.Draft]:
        """All of them, again and again."""
        found = list(drafts)
        self.random.shuffle(found)
        return itertools.cycle(found)

    def run(self, count: int, *, seconds: float) -> Results:
        """About `count` requests, unless the time is over before."""
        deadline = time.monotonic() + seconds
        while (left := count - self.results.total) > 0 and time.monotonic() < deadline:
            self._round(min(left, ROUND))
        self.gate.close()
        return self.results

    def ask(self, source: str, caller: Caller, shot: Shot) -> Answer | None:
        """Sends it, and keeps what is wrong with the answer."""
        try:
            answer = self.gate.ask(shot)
            findings = self.judge.findings(caller.name, shot, answer)
        except TimeoutError:
            answer, why = None, f"no answer within {PATIENCE} s"
            findings = [Finding("silence", why, caller.name, shot, None)]
        self.results.record(source, answer, findings)
        self.pool.learn(answer)
        return answer

    def _round(self, size: int) -> None:
        environment = self._furnish()
        self._by_the_document(size * 25 // 100)
        self._along_the_links(size * 10 // 100)
        with stalled(self.owner, environment, self.server.port):
            self._hand_made("hand-made", self.drafts, size * 40 // 100)
            self._hand_made("pages", self.pages, size * 20 // 100)
        self._by_sockets(size * 5 // 100, environment)
        self._look_at_the_lists()

    def _by_the_document(self, count: int) -> None:
        def ask(case: Case) -> None:
            caller = self._somebody()
            self.ask("document", caller, prepared(case, caller))

        each = max(1, count // len(self.operations) // 2)
        ask_by_the_document(self.operations, ask, pool=self.pool, each=each)

    def _along_the_links(self, count: int) -> None:
        def ask(case: Case) -> Response:
            caller = self._somebody()
            shot = prepared(case, caller)
            return as_response(self.ask("links", caller, shot))

        sequences = max(1, count // STEPS)
        follow_links(self.judge.schema, ask, random=self.random, count=sequences)

    def _hand_made(self, source: str, drafts: Iterator[handmade.Draft], count: int) -> None:
        for draft in itertools.islice(drafts, count):
            caller = self._somebody()
            self.ask(source, caller, handmade.shot_of(draft, caller, self.pool, self.server))

    def _by_sockets(self, count: int, environment: str) -> None:
        shots = list(broken.shots(self.owner, environment, self.server.port))
        for shot in self.random.sample(shots, min(len(shots), count)):
            self.ask("sockets", self.owner, shot)

    def _look_at_the_lists(self) -> None:
        def get(path: str) -> Answer | None:
            shot = shot_of("GET", path, self.owner.headers)
            answer = self.ask("lists", self.owner, shot)
            if answer is None or answer.status != 200:
                why = f"the list {path} is broken"
                self.results.add(Finding("list", why, self.owner.name, shot, answer))
            return answer

        lists(get)

    def _somebody(self) -> Caller:
        """Mostly who may do it: the others are refused before anything is read."""
        if self.random.random() < 0.7:
            return self.people[
                self.random.choice(["owner, token", "owner, cookie", "operator, cookie"])
            ]
        return self.random.choice(list(self.people.values()))

    def _furnish(self) -> str:
        """A fresh environment with something of everything in it."""
        environment = self._make("/environments", {"name": f"round-{self.results.total}"})
        for number in range(3):
            volume = self._make(f"/{environment}/volume", {"name": f"v-{number}", "size": 1})
            application = self._make(f"/{environment}/app", {"name": f"a-{number}"})
            self._make(f"/{environment}/volume/{volume}/snapshot", {})
            attachment = {"appIdRef": application}
            self._make(f"/{environment}/volume/{volume}/attachment", attachment)
        return environment

    def _make(self, path: str, spec: Mapping[str, object]) -> str:
        answer = self.ask("lists", self.owner, shot_of("POST", path, self.owner.headers, spec))
        assert answer is not None, path
        assert answer.status == 201, answer
        return str(answer.json().get("id"))
