"""Querysets whose SQL is compiled once.

For a look-up that costs the database a tenth of a millisecond the ORM spends several on finding the
words for it. A `Prepared` finds them once, by the queryset methods that everybody else uses, and then
only sends values. PostgreSQL keeps the plan as well, for each connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, Field, Func, Model, QuerySet
from django.db.models.sql import InsertQuery, UpdateQuery

Row = Sequence[Any]
Statement = tuple[str, Sequence[Any]]
Made = TypeVar("Made", bound=Model)


class Parameter(Expression):
    """Stands in a queryset for a value that comes with each call."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class IsAmong(Func):
    """Whether the first expression is one of as many values as there are, given as one parameter."""

    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "%(expressions)s))"
        joiner = " IN (SELECT value FROM json_each("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)


class Several(Field):  # type: ignore[type-arg]  # Django has no generics when it runs
    """Any number of UUIDs, for IsAmong."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor == "postgresql":
            return list(value)
        return json.dumps([one.hex for one in value])


class Prepared:
    """The rows of `build()`, a queryset of `values_list()` with Parameters in it."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Row]:
        """The rows for these values, one for each parameter."""
        sql, parameters, converted = self._statement
        with _cursor() as cursor:
            cursor.execute(sql, _given(parameters, values))
            return list(converted(cursor.fetchall()))

    def first(self, **values: Any) -> Row | None:
        return next(iter(self.rows(**values)), None)

    @cached_property
    def _statement(self) -> tuple[str, Sequence[Any], Callable[[list[Row]], Iterable[Row]]]:
        compiler = self._build().query.get_compiler(connection=connection)
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
        return sql, _given(parameters, values)

    @cached_property
    def _statement(self) -> tuple[str, Sequence[Any]]:
        queryset, columns = self._build()
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(columns)
        found: tuple[str, Sequence[Any]] = query.get_compiler(connection=connection).as_sql()
        return found


def insertion(row: Model) -> Statement:
    """What `save(force_insert=True)` says for a model without signals and parents."""
    quote, fields = connection.ops.quote_name, row._meta.concrete_fields
    places: list[str] = []
    given: list[Any] = []
    for field in fields:
        value = field.pre_save(row, add=True)
        sql, parameters = (
            _compiled(type(row), value)
            if hasattr(value, "resolve_expression")
            else ("%s", [field.get_db_prep_save(value, connection)])
        )
        places.append(sql)
        given += parameters
    names = ", ".join(quote(str(field.column)) for field in fields)
    table = quote(row._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(places)})", given  # noqa: S608


def execute(*statements: Statement) -> None:
    """Execute them in this order; in one round trip where the database takes several at once."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            together = "; ".join(sql for sql, _ in statements)
            cursor.execute(together, [value for _, values in statements for value in values])
        else:
            for sql, values in statements:
                cursor.execute(sql, values)


def _compiled(model: type[Model], expression: Any) -> Any:
    """SQL and parameters of something that the database works out, such as its own time."""
    query = InsertQuery(model)
    resolved = expression.resolve_expression(query, allow_joins=False, for_save=True)
    return query.get_compiler(connection=connection).compile(resolved)


def _given(parameters: Iterable[Any], values: Mapping[str, Any]) -> list[Any]:
    return [
        one.output_field.get_db_prep_value(values[one.name], connection)
        if isinstance(one, Parameter)
        else one
        for one in parameters
    ]


def columns(model: type[Model], at: str = "") -> list[str]:
    """The names of a model's columns for `values_list()`; `at` is the way there, such as `owner__`."""
    return [f"{at}{field.attname}" for field in model._meta.concrete_fields]


def instance(model: type[Made], values: Row) -> Made:
    """The object that a row of `columns()` describes."""
    made: Made = model.from_db(DEFAULT_DB_ALIAS, columns(model), values)
    return made


class _Preparing(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=True)


def _cursor() -> Any:
    """A cursor of Django's connection, counted and guarded as all of them are."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    cursor: Any = _Preparing(connection.connection)
    return (
        connection.make_debug_cursor(cursor)
        if connection.queries_logged
        else connection.make_cursor(cursor)
    )
