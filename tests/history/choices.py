"""What a client asks next: random, but the same for the same seed and the same answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from tests.support.wire import Answer, Request

Json = dict[str, Any]

EVERYTHING = {
    **{"create": 6, "repeat": 3, "get": 8, "list": 3, "list_all": 1, "usage": 1},
    **{"put": 12, "grow": 4, "mount": 3, "attach": 5, "detach": 4},
    **{"snap": 3, "unsnap": 2, "delete": 5, "restore": 3},
}
"""How often each kind of operation comes up, in proportion."""


@dataclass
class Invocation:
    """A request, with what it is about."""

    kind: str
    environment: str
    request: Request = field(repr=False)
    volume: str | None = None
    target: str | None = None
    body: Json | None = None
    key: str | None = None
    if_match: str | None = None

    def written(self) -> Json:
        return {name: value for name, value in asdict(self).items() if name != "request"}


class Choices:
    """One client's knowledge of the world, and its dice."""

    def __init__(
        self, name: str, seed: str, places: list[Json], weights: dict[str, int], room: int
    ):
        """`places` are environments with their applications; `room` is how many volumes in each."""
        self.name = name
        self.random = Random(f"{seed}/{name}")
        self.places = places
        self.weights = weights
        self.room = room
        self.number = 0
        self.volumes: dict[str, Json] = {}
        self.deleted: list[Json] = []
        self.snapshots: list[tuple[Invocation, str]] = []
        """What asked for each, which may name a volume that is forgotten by now, and its identifier."""
        self.keyed: list[Invocation] = []

    def next(self) -> Invocation:
        self.number += 1
        kind = self.random.choices(list(self.weights), list(self.weights.values()))[0]
        ask: Callable[[], Invocation] = getattr(self, f"_{kind}")
        return ask()

    def learn(self, invocation: Invocation, answer: Answer) -> None:
        """Remember what is there, to ask something sensible next time."""
        if answer.status == 404 and invocation.kind in {"get", "put", "delete"}:
            self.volumes.pop(str(invocation.volume), None)
        if answer.status not in {200, 201}:
            return
        match invocation.kind:
            case "list":
                listed = {volume["id"]: volume for volume in answer.body}
                others = self.volumes.items()
                kept = {
                    id_: one for id_, one in others if one["envIdRef"] != invocation.environment
                }
                self.volumes = kept | listed
            case "create" | "get" | "put" | "restore":
                self.volumes[answer.body["id"]] = answer.body
            case "snap":
                self.snapshots.append((invocation, answer.body["id"]))
            case "delete":
                if gone := self.volumes.pop(str(invocation.volume), None):
                    self.deleted.append(gone)

    # What can be asked ------------------------------------------------------

    def _create(self) -> Invocation:
        place = self.random.choice(self.places)
        here = [one for one in self.volumes.values() if one["envIdRef"] == place["id"]]
        if len(here) >= self.room:
            return self._get()
        mark = self._mark()
        name = self.random.choice([mark, mark, f"shared-{self.random.randrange(4)}"])
        body = {"name": name, "size": self.random.randint(1, 40), "description": mark}
        key = self.random.choice([mark, mark, None])
        made = self._ask("create", "POST", place["id"], "", body=body, key=key)
        return self._remembered(made)

    def _repeat(self) -> Invocation:
        """The same again under the same key, answered or not."""
        return self.random.choice(self.keyed[-10:]) if self.keyed else self._create()

    def _list(self) -> Invocation:
        return self._ask("list", "GET", self._place()["id"], "")

    def _list_all(self) -> Invocation:
        return self._ask("list_all", "GET", self._place()["id"], "?includeDeleted=true")

    def _usage(self) -> Invocation:
        place = self._place()["id"]
        path = f"/environments/{place}/resource-usage"
        return Invocation("usage", place, Request("GET", path))

    def _get(self) -> Invocation:
        return self._about("get", "GET") or self._list()

    def _put(self) -> Invocation:
        return self._change({})

    def _grow(self) -> Invocation:
        """To some size: a smaller one than it has is to be refused."""
        return self._change({"size": self.random.randint(1, 60)})

    def _mount(self) -> Invocation:
        volume = self._volume()
        if volume is None:
            return self._list()
        apps = self._apps(volume)
        some = self.random.sample(apps, self.random.randint(0, len(apps)))
        return self._change({"attachedAppsRefs": some})

    def _attach(self) -> Invocation:
        return self._with_app("attach", "POST", "/attachment", {}) or self._list()

    def _detach(self) -> Invocation:
        return self._with_app("detach", "DELETE", "/attachment/{app}", None) or self._list()

    def _snap(self) -> Invocation:
        mark = self._mark()
        key = self.random.choice([mark, None])
        asked = self._about("snap", "POST", "/snapshot", body={"name": mark}, key=key)
        return self._remembered(asked) if asked else self._list()

    def _unsnap(self) -> Invocation:
        if not self.snapshots:
            return self._snap()
        made, snapshot = self.snapshots.pop(self.random.randrange(len(self.snapshots)))
        tail = f"/{made.volume}/snapshot/{snapshot}"
        return self._ask(
            "unsnap", "DELETE", made.environment, tail, volume=made.volume, target=snapshot
        )

    def _delete(self) -> Invocation:
        volume = self._volume()
        if volume is None:
            return self._list()
        tail = f"/{volume['id']}" + self.random.choice(["", "?cascade=true"])
        condition = self.random.choice([None, None, f'"{volume["version"]}"'])
        return self._ask(
            "delete", "DELETE", volume["envIdRef"], tail, volume=volume["id"], if_match=condition
        )

    def _restore(self) -> Invocation:
        if not self.deleted:
            return self._delete()
        volume = self.random.choice(self.deleted[-3:])
        tail = f"/{volume['id']}/restore"
        return self._ask("restore", "POST", volume["envIdRef"], tail, volume=volume["id"])

    # How it is asked --------------------------------------------------------

    def _change(self, spec: Json) -> Invocation:
        """Unconditional, or only if nobody changed it since it was last seen, by body or by header."""
        volume = self._volume()
        if volume is None:
            return self._list()
        body = {"description": self._mark(), **spec}
        how = self.random.choice(["anyhow", "version", "if_match"])
        if how == "version":
            body["version"] = volume["version"]
        condition = f'"{volume["version"]}"' if how == "if_match" else None
        return self._ask(
            "put",
            "PUT",
            volume["envIdRef"],
            f"/{volume['id']}",
            volume=volume["id"],
            body=body,
            if_match=condition,
        )

    def _with_app(self, kind: str, method: str, tail: str, body: Json | None) -> Invocation | None:
        volume = self._volume()
        if volume is None:
            return None
        app = self.random.choice(self._apps(volume))
        return self._ask(
            kind,
            method,
            volume["envIdRef"],
            f"/{volume['id']}" + tail.format(app=app),
            volume=volume["id"],
            target=app,
            body=None if body is None else {"appIdRef": app},
        )

    def _about(self, kind: str, method: str, tail: str = "", **more: Any) -> Invocation | None:
        volume = self._volume()
        if volume is None:
            return None
        place, pk = volume["envIdRef"], volume["id"]
        return self._ask(kind, method, place, f"/{pk}{tail}", volume=pk, **more)

    def _ask(self, kind: str, method: str, environment: str, tail: str, **about: Any) -> Invocation:
        headers = {"Idempotency_Key": about.get("key"), "If_Match": about.get("if_match")}
        request = Request(
            method,
            f"/{environment}/volume{tail}",
            about.get("body"),
            {name: value for name, value in headers.items() if value is not None},
        )
        return Invocation(kind, environment, request, **about)

    def _remembered(self, invocation: Invocation) -> Invocation:
        if invocation.key is not None:
            self.keyed.append(invocation)
        return invocation

    def _mark(self) -> str:
        """What nobody else writes, ever: a name and a description."""
        return f"{self.name}-{self.number}"

    def _place(self) -> Json:
        return self.random.choice(self.places)

    def _apps(self, volume: Json) -> list[str]:
        return next(place["apps"] for place in self.places if place["id"] == volume["envIdRef"])

    def _volume(self) -> Json | None:
        return self.random.choice(list(self.volumes.values())) if self.volumes else None
