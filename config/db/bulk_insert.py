"""INSERT of any number of rows by one statement, which is the same for any number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Expression, Model
from django.db.models.sql import InsertQuery

from config.db.statements import ModelT, Statement, database_value, instance, is_postgresql


def bulk_insert(*rows: Model) -> Statement:
    """Return the statement of `bulk_create()` for rows of one model without signals and parents.

    The rows are sent as one value in JSON. A column that the database computes, such as the time, is the
    same in all of them.
    """
    model, first = type(rows[0]), rows[0].__dict__
    computed = tuple(
        (name, first[name])
        for _, name, _ in _columns_of(model)
        if isinstance(first[name], Expression)
    )
    sql, parameters = _insertion(model, computed)
    values = orjson.dumps([_as_json(row) for row in rows]).decode()
    return Statement(sql, [*parameters, values], "WHERE")


@lru_cache(maxsize=32)
def _insertion(
    model: type[Model], computed: tuple[tuple[str, Expression], ...]
) -> tuple[str, Sequence[Any]]:
    """Return the SQL, and the values that come before the rows."""
    quote = connection.ops.quote_name
    column, all_rows = _FROM_JSON[connection.vendor]
    fields = model._meta.concrete_fields
    selected = {field.attname: column.format(field.column) for field in fields}
    parameters: list[Any] = []
    for name, expression in computed:
        selected[name], values = _compile_expression(model, expression)
        parameters += values
    names = ", ".join(quote(str(field.column)) for field in fields)
    table = quote(model._meta.db_table)
    rows = f"SELECT {', '.join(selected.values())} {all_rows.format(table)}"
    return f"INSERT INTO {table} ({names}) {rows}", parameters


_FROM_JSON = {
    "postgresql": ('one."{}"', "FROM json_populate_recordset(NULL::{}, %s) AS one"),
    "sqlite": ("json_extract(one.value, '$.{}')", "FROM json_each(%s) AS one"),
}
"""How to read a column of a row, and all rows, from JSON."""


def _compile_expression(model: type[Model], expression: Expression) -> tuple[str, Sequence[Any]]:
    """Compile a column that the database computes."""
    query = InsertQuery(model)
    resolved: Any = expression.resolve_expression(query, allow_joins=False, for_save=True)
    compiled: tuple[str, Sequence[Any]]
    compiled = query.get_compiler(connection=connection).compile(resolved)
    return compiled


def _as_json(row: Model) -> dict[str, Any]:
    """Return what is not null, in the form in which the database reads it from JSON."""
    attributes = row.__dict__
    reads_it_as_it_is = is_postgresql()
    values = {}
    for field, name, is_dated in _columns_of(type(row)):
        value = field.pre_save(row, add=True) if is_dated else attributes[name]
        if value is not None and not isinstance(value, Expression):
            values[field.column] = value if reads_it_as_it_is else database_value(field, value)
    return values


@lru_cache(maxsize=16)
def _columns_of(model: type[Model]) -> list[tuple[Any, str, bool]]:
    """Return field, attribute, and whether saving sets it to the time."""
    return [
        (field, field.attname, getattr(field, "auto_now_add", False))
        for field in model._meta.concrete_fields
    ]


def new_instance(model: type[ModelT], **values: Any) -> ModelT:
    """Return `Model(**values)` by names of columns, in a third of the time."""
    constants, factories = _defaults_of(model)
    computed = {name: default() for name, default in factories if name not in values}
    return instance(model, list((constants | computed | values).values()))


@lru_cache(maxsize=16)
def _defaults_of(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Return the defaults by column, in the order of columns, and apart those that are callables."""
    fields: Any = model._meta.concrete_fields
    factories = {
        one.attname: one.default for one in fields if one.has_default() and callable(one.default)
    }
    constants = {
        one.attname: None if one.attname in factories else one.get_default() for one in fields
    }
    return constants, list(factories.items())
