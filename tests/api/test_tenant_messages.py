"""Whatever breaks in the storage, tenants read no host path, command or installation id."""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from html import unescape

import pytest

from tests.factories import ApplicationFactory, EnvironmentFactory
from tests.support.browser import Browser
from tests.support.page_routes import PAGES
from tests.support.routes import ROWS, filled
from volumes import storage
from volumes.models import Installation, Volume
from volumes.reconciler.steps import check_row

COMMANDS = re.compile(r"manage\.py|init_storage|check_storage|accept_data|take_over_storage")
SETTINGS = re.compile(r"STORAGE_ROOT|DATA_DIR|VOLUME_[UG]ID|CAP_[A-Z]+")
FOREIGN = str(uuid.uuid4())
BANNER = "Storage has been unavailable since"
ERRNOS = ["EACCES", "EPERM", "ENOSPC", "EROFS", "EIO", "EMFILE", "ESTALE", "ENAMETOOLONG"]


def gone(root, monkeypatch):
    root.rename(root.parent / "elsewhere")


def a_file(root, monkeypatch):
    gone(root, monkeypatch)
    root.write_text("x")


def unmounted(root, monkeypatch):
    (root / ".holdfast").unlink()


def foreign(root, monkeypatch):
    (root / ".holdfast").write_text(f"{FOREIGN}\n")


def vanished(root, monkeypatch):
    for volume in Volume.objects.all():
        shutil.rmtree(root / str(volume.pk))
        check_row(volume)


def emptied(root, monkeypatch):
    vanished(root, monkeypatch)
    for volume in Volume.objects.all():
        (root / str(volume.pk) / "data").mkdir(parents=True)
        check_row(volume)


def without_the_right(root, monkeypatch):
    """The owner of fresh volumes cannot be set."""
    refusal = PermissionError(errno.EPERM, "x")
    monkeypatch.setattr("volumes.backends.directory.os.fchown", raising(refusal))
    monkeypatch.setattr(storage.storage(), "uid", 12345)


def failing(name):
    """Every new volume meets this errno, at a path in the storage."""

    def fail(root, monkeypatch):
        code = getattr(errno, name)
        error = OSError(code, os.strerror(code), f"{root}/.workshop/some-volume")
        monkeypatch.setattr("volumes.backends.directory.faultpoint", raising(error))

    return fail


def raising(error):
    def fail(*_):
        raise error

    return fail


FAULTS = {
    **{fault.__name__: fault for fault in (gone, a_file, unmounted, foreign, vanished, emptied)},
    "without_the_right": without_the_right,
    **{name: failing(name) for name in ERRNOS},
}


@pytest.fixture
def tenant(storage_root, api, alice, environment, settings):
    """Makes a world with two volumes, one of them with a snapshot and an application."""
    settings.VOLUME_DELETE_GRACE = 3600
    settings.MEASURE_EVERY = 0  # nothing measures by itself, which pages mention
    return Tenant(api(alice), Browser(alice), environment)


class Tenant:
    """Asks for everything by API and console."""

    def __init__(self, api, browser, environment):
        self.api, self.browser, self.environment = api, browser, environment
        self.volumes = f"/{environment.pk}/volume"
        web = ApplicationFactory.create(environment=environment, name="web")
        names = ("uploads", "spare", "gone")
        uploads, spare, gone = [self.make(name).json()["id"] for name in names]
        here = f"{self.volumes}/{uploads}"
        api.post(f"{here}/attachment", {"appIdRef": web.ref})
        snapshot = api.post(f"{here}/snapshot", {"name": "before"}).json()["id"]
        api.delete(f"{self.volumes}/{gone}")
        empty = EnvironmentFactory.create(company=environment.company)
        self.world = {
            **{"env": str(environment.pk), "empty": str(empty.pk), "app": web.ref},
            **{"volume": uploads, "spare": spare, "gone": gone, "snapshot": snapshot},
        }
        self.bare = {
            **{name: ref[-36:] for name, ref in self.world.items()},
            "company": str(environment.company_id),
        }

    def make(self, name):
        return self.api.post(self.volumes, {"name": name, "size": 1})

    def everything(self):
        """The text of every answer: statuses do not matter here."""
        texts = [self.make("late").text]
        texts += [
            self.api.send(method, f"/{row.path.format(**self.world)}", body).text
            for (method, _), row in ROWS.items()
            for body in [filled(row.body, self.world)]
            if method != "DELETE"
        ]
        texts += [self.page(volume) for volume in Volume.objects.all()]
        texts += [
            self.browser.get(f"/{page.path.format_map(Names(self.bare))}").text
            for (method, _), page in PAGES.items()
            if method == "GET" and page.path.startswith(("env/", "activity?"))
        ]
        texts += [self.browser.get("/").text, self.browser.get(self.volumes).text]
        texts += [
            self.api.send(method, f"/{row.path.format(**self.world)}", None).text
            for (method, _), row in ROWS.items()
            if method == "DELETE"
        ]
        return [*texts, self.api.get(f"{self.volumes}?includeDeleted=true").text]

    def page(self, volume):
        return self.browser.get(f"/env/{self.environment.pk}/v/{volume.pk}").text


class Names(dict[str, str]):
    """Pages also name what is not of this world: they answer 404."""

    def __missing__(self, name):
        return str(uuid.uuid4())


def without_sources(text, root):
    """What to mount is a path on the host, and tenants may read that one."""
    return re.sub(rf"{re.escape(str(root))}/[0-9a-f-]{{36}}/data", "", text)


@pytest.mark.parametrize("name", FAULTS)
def test_no_response_to_a_tenant_has_details_for_operators(tenant, storage_root, monkeypatch, name):
    FAULTS[name](storage_root, monkeypatch)
    texts = [without_sources(text, storage_root) for text in tenant.everything()]
    late = Volume.objects.get(name="late")
    assert late.status_message or name in {"vanished", "emptied"}
    pages = [unescape(text) for text in texts if text.startswith("<!doctype html>")]
    # A storage that is unavailable has one banner, and volumes do not repeat it.
    assert any(late.status_message in page or BANNER in page for page in pages)
    secret = re.compile(
        rf"{re.escape(str(storage_root.parent))}|{Installation.objects.get().id}|{FOREIGN}"
        rf"|{COMMANDS.pattern}|{SETTINGS.pattern}"
    )
    found = {match[0]: text for text in texts for match in [secret.search(text)] if match}
    assert found == {}


@pytest.mark.parametrize("name", ["gone", "unmounted", "foreign", "ENOSPC", "without_the_right"])
def test_operators_see_more_than_tenants(tenant, storage_root, monkeypatch, caplog, name):
    FAULTS[name](storage_root, monkeypatch)
    tenant.make("late")
    late = Volume.objects.get(name="late")
    assert late.operator_message != late.status_message
    assert late.operator_message in {getattr(record, "cause", "") for record in caplog.records}
