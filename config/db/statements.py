"""Querysets whose SQL is compiled once.

The ORM needs several milliseconds to compile a lookup that the database answers in a tenth of one. A
`PreparedQuery` is built by the queryset methods that all other code uses, compiled once, and sends only
values from then on. PostgreSQL keeps its plan as well, once for each connection.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
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
from django.db.models.sql import UpdateQuery
from django.utils.functional import cached_property

Row = Sequence[Any]
ModelT = TypeVar("ModelT", bound=Model)


class Statement(NamedTuple):
    """SQL with its values, in the parts that other code may combine."""

    sql: str
    values: Sequence[Any]
    joiner: str = ""
    """What joins a further condition to `sql`: AND, WHERE, or empty if it cannot carry one."""
    lock: str = ""
    """The FOR UPDATE clause, which follows all conditions."""

    def text(self, condition: str = "") -> str:
        """Return the whole SQL, restricted by a further condition.

        Raises ValueError if the statement cannot carry one: its ordering, slice, DISTINCT or GROUP BY
        stands where the condition would.
        """
        if condition and not self.joiner:
            raise ValueError(f"this statement cannot carry a condition: {self.sql}")
        parts = (self.sql, f"{self.joiner} {condition}" if condition else "", self.lock)
        return " ".join(filter(None, parts))


class QueryParam(Expression):
    """A placeholder in a queryset for a value that comes with each call."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class AnyOf(Func):
    """Whether the first expression equals one of any number of values, sent as one parameter."""

    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "%(expressions)s))"
        joiner = " IN (SELECT value FROM json_each("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)


class ArrayParam(Field):  # type: ignore[type-arg]  # Django has no generics when it runs
    """Any number of UUIDs or texts, for AnyOf."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor == "postgresql":
            return list(value)
        return json.dumps([one.hex if isinstance(one, uuid.UUID) else one for one in value])


def any_of(name: str, parameter: str = "pks") -> Any:
    """Return the condition that a column has one of the values of this parameter."""
    return AnyOf(F(name), QueryParam(parameter, ArrayParam()))


class PreparedQuery:
    """A SELECT: the rows of `build()`, a queryset of `values_list()` with QueryParams in it."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Row]:
        """Return the rows for these values, one value for each parameter."""
        return list(self._compiled.convert(fetch(self.with_values(**values))))

    def first(self, **values: Any) -> Row | None:
        """Return the first row for these values, if there is one."""
        return next(iter(self.rows(**values)), None)

    def with_values(self, **values: Any) -> Statement:
        """Return the statement for these values, to be combined with others."""
        return self._compiled.with_values(values)

    @cached_property
    def _compiled(self) -> _CompiledQuery:
        return _CompiledQuery(self._build())


class _CompiledQuery:
    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        query: Any = rows.query.chain()
        # Without the lock, so that conditions can be added before it. Django would also refuse to
        # compile a lock outside a transaction.
        is_locking, query.select_for_update = query.select_for_update, False
        self._compiler = query.get_compiler(connection=connection)
        self._sql, self._parameters = self._compiler.as_sql()
        self._lock = _lock_clause(query) if is_locking else ""
        self._joiner = _joiner(query)
        selected = [column for column, *_ in self._compiler.select]
        self._converters = self._compiler.get_converters(selected)
        self.column_names = [sql for _, (sql, _), _ in self._compiler.select]
        """The selected columns as SQL: quoted, and qualified by their tables."""

    def with_values(self, values: Mapping[str, Any]) -> Statement:
        return Statement(self._sql, _bind(self._parameters, values), self._joiner, self._lock)

    def convert(self, rows: list[Row]) -> Iterable[Row]:
        if not self._converters:
            return rows
        return map(tuple, self._compiler.apply_converters(rows, self._converters))


def _lock_clause(query: Any) -> str:
    """Return the FOR UPDATE clause of a query, empty if the database locks no rows.

    Raises ValueError for a lock of some tables only (`of`): the clause has none of the compiled aliases.
    """
    if query.select_for_update_of:
        raise ValueError("a prepared query locks the rows of all its tables")
    if not connection.features.has_select_for_update:
        return ""
    clause: str = connection.ops.for_update_sql(
        nowait=query.select_for_update_nowait,
        skip_locked=query.select_for_update_skip_locked,
        no_key=query.select_for_no_key_update,
    )
    return clause


def _joiner(query: Any) -> str:
    ends_in_conditions = not (
        query.order_by
        or (query.default_ordering and query.get_meta().ordering)
        or query.extra_order_by
        or query.is_sliced
        or query.distinct
        or query.group_by
        or query.combinator
    )
    if not ends_in_conditions:
        return ""
    return "AND" if query.where else "WHERE"


class PreparedUpdate:
    """An UPDATE: `queryset.update(**columns)` of what `build()` returns."""

    def __init__(self, build: Callable[[], tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        self._build = build

    def with_values(self, **values: Any) -> Statement:
        """Return the statement for these values, to be combined with others."""
        sql, parameters, joiner = self._compiled
        return Statement(sql, _bind(parameters, values), joiner)

    def count(self, **values: Any) -> int:
        """Execute it for these values. Returns how many rows it changed."""
        return write(self.with_values(**values))

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[Any], str]:
        queryset, columns = self._build()
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(columns)
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        return sql, parameters, "AND" if query.where else "WHERE"


def write(statement: Statement) -> int:
    """Execute a statement. Returns how many rows it wrote."""
    with _cursor() as cursor:
        cursor.execute(statement.text(), statement.values)
        written: int = cursor.rowcount
    return written


def fetch(statement: Statement) -> list[Row]:
    """Execute a statement and return its rows, as the driver has them."""
    with _cursor() as cursor:
        cursor.execute(statement.text(), statement.values)
        rows: list[Row] = cursor.fetchall()
    return rows


def _bind(parameters: Iterable[Any], values: Mapping[str, Any]) -> list[Any]:
    return [
        database_value(one.output_field, values[one.name]) if isinstance(one, QueryParam) else one
        for one in parameters
    ]


def database_value(field: Field[Any, Any], value: Any) -> Any:
    """Return what the database is sent for a value of a field: most often the value itself."""
    kind: Any = type(getattr(field, "target_field", field))
    if value.__class__ is _native_type(kind):
        return value
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


@lru_cache(maxsize=32)
def _native_type(kind: type[Any]) -> type | None:
    """Return the type of the values that Django passes on unchanged for such a field."""
    if issubclass(kind, (CharField, TextField)):
        return str
    if issubclass(kind, IntegerField):
        return int
    if is_postgresql():
        if issubclass(kind, UUIDField):
            return uuid.UUID
        if issubclass(kind, DateTimeField):
            return datetime
    return None


@lru_cache(maxsize=32)
def columns(model: type[Model], prefix: str = "") -> Sequence[str]:
    """Return a model's columns for `values_list()`, behind a prefix such as `owner__`."""
    return tuple(f"{prefix}{field.attname}" for field in model._meta.concrete_fields)


def instance(model: type[ModelT], values: Row) -> ModelT:
    """Return the object that a row of `columns()` describes."""
    row: ModelT = model.from_db(DEFAULT_DB_ALIAS, columns(model), values)
    return row


@lru_cache(maxsize=1)
def is_postgresql() -> bool:
    """Return whether the database is PostgreSQL. Cached: finding a thread's connection takes time."""
    return connection.vendor == "postgresql"


def _cursor() -> Any:
    """Return a cursor of Django's connection, counted and guarded like all others."""
    here: Any = connections[DEFAULT_DB_ALIAS]  # once: finding a thread's connection takes time
    return here.preparing_cursor() if here.vendor == "postgresql" else here.cursor()
