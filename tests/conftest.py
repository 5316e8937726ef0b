"""Fixtures: Alice administers the company, Erin edits, Bob views, Charlie administers another company."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Company, Role, User
from config.http.static_files import StaticFilesMiddleware
from tests.factories import (
    CompanyFactory,
    EnvironmentFactory,
    MembershipFactory,
    UserFactory,
    give_second_factor,
    give_token,
)
from tests.support.api import Api
from volumes import storage
from volumes.models import Environment
from volumes.presentation import storage_state
from volumes.services.group_commit import storage_rule

pytest_plugins = ["tests.support.volume_fixtures", "tests.support.command_fixtures"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many requests the tests of the tenant matrix sent: their property "asked"."""
    reports = itertools.chain.from_iterable(terminalreporter.stats.values())
    # Once for each test: setup and teardown are reported with the same properties.
    calls = [report for report in reports if getattr(report, "when", "") == "call"]
    properties = [report.user_properties for report in calls]
    asked = sum(value for one in properties for name, value in one if name == "asked")
    if asked:
        terminalreporter.write_line(f"tenant matrix: {asked:,} routes x callers asked")


@pytest.fixture(scope="session", autouse=True)
def _static_files_found_once() -> Iterator[None]:
    """Find the static files once for all clients. The middleware of each would find them again."""
    files: dict[str, Any] = {}
    find = StaticFilesMiddleware.add_files_from_finders

    def find_once(middleware: StaticFilesMiddleware) -> None:
        if not files:
            find(middleware)
            files.update(middleware.files)
        middleware.files.update(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesMiddleware, "add_files_from_finders", find_once)
        yield


@pytest.fixture
def company(db: None) -> Company:
    return CompanyFactory.create(name="Acme")


def _member(username: str, company: Company, role: Role) -> User:
    user = UserFactory.create(username=username)
    MembershipFactory.create(user=user, company=company, role=role)
    give_second_factor(user)
    return user


@pytest.fixture
def alice(company: Company) -> User:
    """Administers the company."""
    return _member("alice", company, Role.ADMIN)


@pytest.fixture
def erin(company: Company) -> User:
    """Edits in the company."""
    return _member("erin", company, Role.EDITOR)


@pytest.fixture
def bob(company: Company) -> User:
    """Views the company."""
    return _member("bob", company, Role.VIEWER)


@pytest.fixture
def charlie(db: None) -> User:
    """Administers another company."""
    return _member("charlie", CompanyFactory.create(name="Elsewhere"), Role.ADMIN)


@pytest.fixture
def environment(company: Company) -> Environment:
    return EnvironmentFactory.create(company=company, name="production")


@pytest.fixture
def charlies_environment(charlie: User) -> Environment:
    return EnvironmentFactory.create(company=charlie.memberships.get().company, name="production")


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api(alice)` sends a token of Alice, `api()` sends none."""

    def speak(user: User | None = None, **token: Any) -> Api:
        return Api(give_token(user, **token) if user else None)

    return speak


@pytest.fixture
def storage_root(db: None, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """The storage of one test, marked as that of this installation."""
    settings.STORAGE_ROOT = tmp_path / "volumes"
    storage.build_backend.cache_clear()
    storage.installation_id.cache_clear()
    storage.ensure_installation()
    yield settings.STORAGE_ROOT
    storage.build_backend.cache_clear()
    storage.installation_id.cache_clear()


@pytest.fixture(autouse=True)
def _forgotten_storage_state() -> Iterator[None]:
    """Clear the cached state of the storage, which belongs to the database of one test."""
    storage_state.state_of_interval.cache_clear()
    storage_rule.is_known = False
    yield
    storage_state.state_of_interval.cache_clear()


@pytest.fixture
def remembered_storage_state(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache the state of the storage for the whole test, as after a page was shown."""
    monkeypatch.setattr(storage_state, "REFRESH_INTERVAL", math.inf)
    storage_state.storage_state()


@pytest.fixture(autouse=True)
def _immediate_steps(settings: Any) -> None:
    # The transaction of a request is part of the test's own, which never commits, and which no other
    # thread can see. Tests that start processes use threads.
    settings.EXECUTOR = "immediate"
