"""Querysets whose SQL is compiled once.

For a look-up that costs the database a tenth of a millisecond the ORM spends several on finding the
words for it. A `Prepared` finds them once, by the queryset methods that everybody else uses, and then
only sends values. PostgreSQL keeps the plan as well, for each connection.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    Model,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.sql import InsertQuery, UpdateQuery
from django.utils.functional import cached_property

Row = Sequence[Any]
ModelT = TypeVar("ModelT", bound=Model)


class Statement(NamedTuple):
    """Something to execute; `and_if` is how a condition is put behind it."""

    sql: str
    values: Sequence[Any]
    and_if: str


class QueryParam(Expression):
    """Stands in a queryset for a value that comes with each call."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class AnyOf(Func):
    """Whether the first expression is one of as many values as there are, given as one parameter."""

    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "%(expressions)s))"
        joiner = " IN (SELECT value FROM json_each("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)


class ArrayParam(Field):  # type: ignore[type-arg]  # Django has no generics when it runs
    """Any number of UUIDs or texts, for IsAmong."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor == "postgresql":
            return list(value)
        return json.dumps([one.hex if isinstance(one, uuid.UUID) else one for one in value])


def any_of(name: str, parameter: str = "pks") -> Any:
    """Whether a column holds one of the values that come with each call under the parameter's name."""
    return AnyOf(F(name), QueryParam(parameter, ArrayParam()))


class PreparedQuery:
    """The rows of `build()`, a queryset of `values_list()` with Parameters in it."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Row]:
        """The rows for these values, one for each parameter."""
        _, _, converted = self._statement
        return list(converted(_rows(self.with_values(**values))))

    def with_values(self, **values: Any) -> Statement:
        sql, parameters, _ = self._statement
        return Statement(sql, _bind(parameters, values), "AND")

    def first(self, **values: Any) -> Row | None:
        return next(iter(self.rows(**values)), None)

    @cached_property
    def _statement(self) -> tuple[str, Sequence[Any], Callable[[list[Row]], Iterable[Row]]]:
        query = self._build().query
        compiler = query.get_compiler(connection=connection)
        # Django finds no words for a lock outside of a transaction.
        with transaction.atomic() if query.select_for_update else nullcontext():
            sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])

        def converted(rows: list[Row]) -> Iterable[Row]:
            return map(tuple, compiler.apply_converters(rows, converters)) if converters else rows

        return sql, parameters, converted


class PreparedUpdate:
    """`queryset.update(**columns)` of what `build()` answers: a queryset, and columns by name."""

    def __init__(self, build: Callable[[], tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        self._build = build

    def with_values(self, **values: Any) -> Statement:
        sql, parameters = self._statement
        return Statement(sql, _bind(parameters, values), "AND")

    def count(self, **values: Any) -> int:
        """Execute it. Returns how many rows it changed."""
        return execute(self.with_values(**values))

    @cached_property
    def _statement(self) -> tuple[str, Sequence[Any]]:
        queryset, columns = self._build()
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(columns)
        found: tuple[str, Sequence[Any]] = query.get_compiler(connection=connection).as_sql()
        return found


def bulk_insert(*rows: Model) -> Statement:
    """What `bulk_create` says of rows of a model without signals and parents; the same for any number.

    They come as one value. What the database works out, such as its own time, is the same for them all.
    """
    model, held = type(rows[0]), rows[0].__dict__
    worked_out = tuple(
        (name, held[name])
        for _, name, _ in _columns_of(model)
        if isinstance(held[name], Expression)
    )
    sql, parameters = _insertion(model, worked_out)
    values = orjson.dumps([_as_json(row) for row in rows]).decode()
    return Statement(sql, [*parameters, values], "WHERE")


@lru_cache(maxsize=32)
def _insertion(
    model: type[Model], worked_out: tuple[tuple[str, Expression], ...]
) -> tuple[str, Sequence[Any]]:
    """The statement, and what it is given ahead of the rows."""
    quote = connection.ops.quote_name
    column, all_rows = _FROM_JSON[connection.vendor]
    fields = model._meta.concrete_fields
    places = {field.attname: column.format(field.column) for field in fields}
    parameters: list[Any] = []
    for name, expression in worked_out:
        places[name], given = _compile_expression(model, expression)
        parameters += given
    names = ", ".join(quote(str(field.column)) for field in fields)
    table = quote(model._meta.db_table)
    found = f"SELECT {', '.join(places.values())} {all_rows.format(table)}"
    return f"INSERT INTO {table} ({names}) {found}", parameters


_FROM_JSON = {
    "postgresql": ('one."{}"', "FROM json_populate_recordset(NULL::{}, %s) AS one"),
    "sqlite": ("json_extract(one.value, '$.{}')", "FROM json_each(%s) AS one"),
}
"""A column of a row, and all rows, of a value in JSON."""


def _as_json(row: Model) -> dict[str, Any]:
    """What is not null, as the database reads it from JSON."""
    held = row.__dict__
    as_it_is = _is_postgresql()
    found = {}
    for field, name, is_dated in _columns_of(type(row)):
        value = field.pre_save(row, add=True) if is_dated else held[name]
        if value is not None and not isinstance(value, Expression):
            found[field.column] = value if as_it_is else _stored(field, value)
    return found


@lru_cache(maxsize=16)
def _columns_of(model: type[Model]) -> list[tuple[Any, str, bool]]:
    """Field, attribute, and whether it takes the time when it is saved."""
    return [
        (field, field.attname, getattr(field, "auto_now_add", False))
        for field in model._meta.concrete_fields
    ]


def new_instance(model: type[ModelT], **values: Any) -> ModelT:
    """`Model(**values)` by the names of columns, in a third of the time."""
    always, each_time = _defaults_of(model)
    held = always | {name: default() for name, default in each_time if name not in values} | values
    return instance(model, list(held.values()))


@lru_cache(maxsize=16)
def _defaults_of(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """By column, in the order of columns; and those that are made each time, which are None there."""
    fields: Any = model._meta.concrete_fields
    made = {
        one.attname: one.default for one in fields if one.has_default() and callable(one.default)
    }
    always = {one.attname: None if one.attname in made else one.get_default() for one in fields}
    return always, list(made.items())


def _compile_expression(model: type[Model], expression: Expression) -> tuple[str, Sequence[Any]]:
    """For a column that the database works out, such as its own time."""
    query = InsertQuery(model)
    resolved: Any = expression.resolve_expression(query, allow_joins=False, for_save=True)
    found: tuple[str, Sequence[Any]] = query.get_compiler(connection=connection).compile(resolved)
    return found


def execute(*statements: Statement) -> int:
    """Execute them all, as one where the database can: none of them may need what another one wrote.

    Returns how many rows the last one wrote.
    """
    if _is_postgresql():
        return _execute(_compose_cte(statements))
    return [_execute(one) for one in statements][-1]


def execute_if_locked(locks: Sequence[Statement], *statements: Statement) -> bool:
    """The same if each of `locks`, which are SELECT … FOR UPDATE, finds a row; else nothing is done.

    Rows are locked in this order, and on PostgreSQL for no longer than the one statement takes that it
    all becomes, whose transaction ends with it. Returns whether it was done.
    """
    if _is_postgresql():
        return _execute(_compose_cte(statements, locks)) > 0
    with transaction.atomic():
        if not all(_rows(lock) for lock in locks):
            return False
        execute(*statements)
    return True


def _compose_cte(statements: Sequence[Statement], locks: Sequence[Statement] = ()) -> Statement:
    """One statement: each lock is taken if the one before was, and the others done if all were."""
    parts: list[str] = []
    condition = ""
    for number, (sql, _, and_if) in enumerate(locks):
        head, _, ending = sql.partition(" FOR ")
        parts.append(f"l{number} AS ({head}{condition and f' {and_if} {condition}'} FOR {ending})")
        condition = f"EXISTS (SELECT FROM l{number})"
    written = [f"{one.sql}{condition and f' {one.and_if} {condition}'}" for one in statements]
    parts += [f"s{number} AS ({sql})" for number, sql in enumerate(written[:-1])]
    beside = f"WITH {', '.join(parts)} " if parts else ""
    values = [value for one in (*locks, *statements) for value in one.values]
    return Statement(f"{beside}{written[-1]}", values, "")


def _execute(statement: Statement) -> int:
    with _cursor() as cursor:
        cursor.execute(statement.sql, statement.values)
        written: int = cursor.rowcount
    return written


def _rows(statement: Statement) -> list[Any]:
    with _cursor() as cursor:
        cursor.execute(statement.sql, statement.values)
        found: list[Any] = cursor.fetchall()
    return found


def _bind(parameters: Iterable[Any], values: Mapping[str, Any]) -> list[Any]:
    return [
        _stored(one.output_field, values[one.name]) if isinstance(one, QueryParam) else one
        for one in parameters
    ]


def _stored(field: Field[Any, Any], value: Any) -> Any:
    """What the database is given for a value: most often just this."""
    kind: Any = type(getattr(field, "target_field", field))
    if value.__class__ is _native_type(kind):
        return value
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


@lru_cache(maxsize=32)
def _native_type(kind: type[Any]) -> type | None:
    """The type of values that Django hands on unchanged for such a field."""
    if issubclass(kind, (CharField, TextField)):
        return str
    if issubclass(kind, IntegerField):
        return int
    if _is_postgresql():
        if issubclass(kind, UUIDField):
            return uuid.UUID
        if issubclass(kind, DateTimeField):
            return datetime
    return None


@lru_cache(maxsize=32)
def columns(model: type[Model], at: str = "") -> Sequence[str]:
    """The names of a model's columns for `values_list()`; `at` is the way there, such as `owner__`."""
    return tuple(f"{at}{field.attname}" for field in model._meta.concrete_fields)


def instance(model: type[ModelT], values: Row) -> ModelT:
    """The object that a row of `columns()` describes."""
    made: ModelT = model.from_db(DEFAULT_DB_ALIAS, columns(model), values)
    return made


@lru_cache(maxsize=1)
def _is_postgresql() -> bool:
    # A connection is each thread's own: to find it takes longer than to ask it.
    return connection.vendor == "postgresql"


def _cursor() -> Any:
    """A cursor of Django's connection, counted and guarded as all of them are."""
    here: Any = connections[DEFAULT_DB_ALIAS]  # once: to find out which thread's it is takes time
    return here.preparing_cursor() if here.vendor == "postgresql" else here.cursor()
