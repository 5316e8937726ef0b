"""FastAPI and psycopg: raw SQL, a token that is looked up, and nothing else. No rules, roles, history."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from tests.benchmarks.baselines import statements

FIRST = UUID(int=0)

pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    kwargs={"autocommit": True, "row_factory": dict_row},
    min_size=1,
    max_size=20,
    open=False,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with pool:
        yield


app = FastAPI(lifespan=lifespan)


class NewVolume(BaseModel):
    name: str
    size: int
    mount_path: str
    description: str = ""
    labels: dict[str, str] = {}


class Changes(BaseModel):
    description: str


async def rows(statement: str, **values: Any) -> list[dict[str, Any]]:
    async with pool.connection() as connection:
        found: list[dict[str, Any]] = await (
            await connection.execute(statement.encode(), values)
        ).fetchall()
        return found


async def username(authorization: Annotated[str, Header()]) -> str:
    found = await rows(statements.TOKEN, key=authorization.removeprefix("Bearer "))
    if not found:
        raise HTTPException(401)
    return str(found[0]["username"])


By = Annotated[str, Depends(username)]


def answer(found: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(found), status, media_type="application/json")


def one(found: list[dict[str, Any]]) -> Response:
    if not found:
        raise HTTPException(404)
    return answer(found[0])


@app.get("/{environment}/volume/{id}")
async def get(environment: UUID, id: UUID, by: By) -> Response:
    return one(await rows(statements.GET, environment=environment, id=id))


@app.get("/{environment}/volume")
async def page(environment: UUID, by: By, limit: int = 100, after: UUID = FIRST) -> Response:
    found = await rows(statements.LIST, environment=environment, after=after, limit=limit)
    return answer(found)


@app.post("/{environment}/volume")
async def create(environment: UUID, spec: NewVolume, by: By) -> Response:
    values = {**spec.model_dump(), "labels": Jsonb(spec.labels)}
    (made,) = await rows(statements.CREATE, environment=environment, by=by, **values)
    return answer(made, 201)


@app.patch("/{environment}/volume/{id}")
async def update(environment: UUID, id: UUID, spec: Changes, by: By) -> Response:
    values = spec.model_dump()
    return one(await rows(statements.UPDATE, environment=environment, id=id, by=by, **values))


@app.delete("/{environment}/volume/{id}")
async def delete(environment: UUID, id: UUID, by: By) -> Response:
    return one(await rows(statements.DELETE, environment=environment, id=id))
