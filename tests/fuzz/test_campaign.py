"""A short campaign with a fixed seed, and tests of its judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fuzz.campaign import Campaign
from tests.fuzz.gate import Answer, Shot
from tests.fuzz.judge import Judge
from tests.support.installation import installed
from tests.support.server import serving
from volumes.api.openapi.document import RootPathsGenerator

NIL = "00000000-0000-0000-0000-000000000000"
HERE = f"/{NIL}/volume/vol-{NIL}"
NAMED = {"x-request-id": ["x"], "content-type": ["application/json"]}
REFUSAL = {"code": "NOT_FOUND", "message": "m", "details": "d", "requestId": "x"}
DONE = {"message": "Volume deleted successfully", "id": f"vol-{NIL}"}


@pytest.mark.races
@pytest.mark.xdist_group("fuzz")
def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    with installed(tmp_path / "fuzz") as installation, serving(installation) as server:
        results = Campaign(server, seed=1).run(400, seconds=300)
    assert "\n".join(map(str, results.findings)) == ""
    assert results.found.total() == 0
    assert results.total >= 200
    assert set(results.requests) == {"document", "links", "hand-made", "pages", "sockets", "lists"}
    assert {"200", "201", "400", "401", "403", "404"} <= set(results.statuses)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(RootPathsGenerator().document())


def kinds(
    judge: Judge, answer: Answer | None, *, method: str = "DELETE", path: str = HERE
) -> set[str]:
    return {one.kind for one in judge.findings("nobody", Shot(method, path, b""), answer)}


def answer(status: int, body: object, **headers: list[str]) -> Answer:
    given = NAMED | {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status, {name: value for name, value in given.items() if value}, json.dumps(body).encode()
    )


def test_a_response_as_documented_is_accepted(judge: Judge) -> None:
    assert kinds(judge, answer(200, DONE)) == set()
    assert kinds(judge, answer(404, REFUSAL)) == set()
    assert kinds(judge, answer(404, REFUSAL), path=f"{HERE}/nonsense") == set()
    assert kinds(judge, Answer(200, NAMED, b""), method="HEAD", path="/environments") == set()


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (None, "silence"),
        (answer(500, REFUSAL), "5xx"),
        (answer(418, REFUSAL), "schema"),
        (answer(200, {**DONE, "more": 1}), "schema"),
        (answer(200, {"message": "Volume deleted successfully"}), "schema"),
        (answer(404, {"detail": "Not found."}), "schema"),
        (answer(401, REFUSAL), "schema"),
        (answer(404, REFUSAL, x_request_id=[]), "request id"),
        (answer(404, REFUSAL, content_type=["text/html"]), "html"),
        (Answer(200, NAMED, b"{"), "schema"),
    ],
)
def test_an_undocumented_response_is_found(judge: Judge, wrong: Answer | None, kind: str) -> None:
    assert kind in kinds(judge, wrong)


def test_a_success_of_an_unknown_operation_is_found(judge: Judge) -> None:
    assert kinds(judge, answer(200, DONE), path=f"{HERE}/nonsense") == {"schema"}


@pytest.mark.parametrize("base", ["", "/api/v1", "/environments", "/api/v1/environments"])
def test_every_base_path_is_checked_against_the_same_document(judge: Judge, base: str) -> None:
    found = judge.operation("DELETE", f"{base}{HERE}")
    assert found is not None
    assert found.label == "DELETE /{envId}/volume/{id}"
