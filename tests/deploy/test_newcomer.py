"""A newcomer follows `docs/operating.md` on a bare Debian, up to a restored backup on a second one."""

from __future__ import annotations

import json
import shlex
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.podman import BASE, Podman
from tests.support.documents import DOCS, fenced
from tests.support.installation import ROOT, eventually

SERVICE, HOME = "/opt/holdfast", "/home/newcomer/holdfast"
"""Where the code of Holdfast is: for root, and for a user without root."""
READY = "localhost/holdfast-newcomer:test"
FILL = """
import json, pathlib, sys, time, urllib.request
headers = {"Authorization": f"Bearer {sys.argv[1]}", "Content-Type": "application/json"}
def call(path, body=None):
    data = body and json.dumps(body).encode()
    request = urllib.request.Request("http://127.0.0.1:8000/" + path, data, headers)
    return json.load(urllib.request.urlopen(request, timeout=30))
environment = call("environments")[0]["id"]
volume = call(f"{environment}/volume", {"name": "data", "size": 10})["id"]
path = f"{environment}/volume/{volume}"
deadline = time.monotonic() + 60
while (now := call(path))["status"] != "ready":
    time.monotonic() < deadline or sys.exit(str(now))
    time.sleep(0.2)
application = call(f"{environment}/app", {"name": "web"})["id"]
attached = call(f"{path}/attachment", {"appIdRef": application})
pathlib.Path(attached["source"], "note").write_text("still here")
print(attached["source"])
"""
"""Creates a volume, writes a file to it, and prints the directory."""


@dataclass(frozen=True)
class Machine:
    """A container with a bare Debian, or with what a newcomer has installed on it."""

    podman: Podman
    name: str

    def run(self, script: str, user: str = "root", where: str = "/") -> str:
        """Run a block of the document, each command of which must succeed."""
        command = ("podman", "exec", f"--user={user}", f"--workdir={where}", self.name)
        return self.podman.run(*command, "bash", "-euo", "pipefail", "-c", script, within=600)

    def start(self, server: str, user: str, where: str, settings: str = "") -> None:
        """Start the server, and wait until it is ready."""
        command = (
            "podman",
            "exec",
            "--detach",
            f"--user={user}",
            f"--workdir={where}",
            self.name,
        )
        self.podman.run(*command, "bash", "-c", f"{settings}\nexec {server} >> /tmp/log 2>&1")
        eventually(self._is_ready, within=120)

    def _is_ready(self) -> bool:
        probe = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=5)"
        command = ("podman", "exec", self.name, "python3", "-c", probe)
        done = subprocess.run(command, env=self.podman.environ, capture_output=True, timeout=60)
        return done.returncode == 0


def block(name: str) -> str:
    return fenced(DOCS / "operating.md", name)


def in_home(commands: str) -> str:
    """Put the storage of a user without root into the commands, instead of the service's."""
    return commands.replace("/srv/holdfast", f"{HOME}/data/volumes")


def server_of_unit() -> str:
    """Return what the unit of systemd runs. No systemd runs in a container."""
    unit = (ROOT / "deploy" / "systemd" / "holdfast.service").read_text(encoding="utf-8")
    (command,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    return f"runuser --user=holdfast -- {command.removeprefix('ExecStart=')}"


@contextmanager
def machine(podman: Podman, image: str, disk: Path) -> Iterator[Machine]:
    """Run one. `disk` has the backups, which two machines share, and storages on a real file system."""
    name = f"newcomer-{uuid.uuid4().hex[:8]}"
    places = {
        "backups": "/var/backups/holdfast",
        f"{name}-root": "/srv/holdfast",
        f"{name}-home": f"{HOME}/data",
    }
    for place in places:
        (disk / place).mkdir(exist_ok=True)
    mounts = [f"--volume={disk / place}:{target}" for place, target in places.items()]
    wheels = (f"--volume={podman.home}/wheels:/wheels:ro", "--env=PIP_FIND_LINKS=/wheels")
    options = ("--detach", f"--name={name}", "--env=PIP_NO_INDEX=1", *mounts, *wheels)
    podman.run("podman", "run", *options, image, "sleep", "3600")
    machine = Machine(podman, name)
    try:
        if image == READY:
            machine.run(
                "chown holdfast: /srv/holdfast; chown newcomer: /home/newcomer/holdfast/data"
            )
        yield machine
    finally:
        podman.run("podman", "rm", "--force", "--time=1", name)


@pytest.fixture(scope="module")
def ready(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an image of a bare Debian after the blocks that install packages and users."""
    podman.wheels()
    code = podman.home / "code.tar"
    podman.run("sh", "-c", f"git ls-files -z | xargs -0 tar -cf {shlex.quote(str(code))}")
    with machine(podman, BASE, tmp_path_factory.mktemp("none")) as bare:
        bare.run("apt-get update && mkdir -p /opt/holdfast")
        podman.run("podman", "cp", str(code), f"{bare.name}:/opt/code.tar")
        bare.run("tar -xf /opt/code.tar -C /opt/holdfast && rm /opt/code.tar")
        bare.run(block("install"))
        bare.run(block("postgresql"))
        bare.run("service postgresql stop; useradd --create-home newcomer")
        bare.run("cp -r /opt/holdfast /home/newcomer/; rm -r /home/newcomer/holdfast/.venv")
        bare.run("chown -R newcomer: /home/newcomer")
        podman.run("podman", "commit", "--quiet", bare.name, READY, within=300)
    code.unlink()
    return READY


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_root_installs_a_service_and_restores_its_backup_elsewhere(
    podman: Podman, ready: str, tmp_path: Path, database: str
) -> None:
    with machine(podman, ready, tmp_path) as first:
        first.run("chown holdfast: /var/backups/holdfast")
        configure(first, database)
        first.run(block("bootstrap"))
        first.start(server_of_unit(), "root", SERVICE)
        source = fill(first, "root", SERVICE)
        first.run(block("backup"), where=SERVICE)
    with machine(podman, ready, tmp_path) as second:
        configure(second, database)
        second.run(block("restore"), where=SERVICE)
        second.start(server_of_unit(), "root", SERVICE)
        assert second.run(f"cat {source}/note") == "still here"
        second.run(".venv/bin/python manage.py verify --settled", where=SERVICE)


def configure(on: Machine, database: str) -> None:
    """Choose the database in the file of settings, as the document says."""
    if database == "postgresql":
        on.run("service postgresql start && until pg_isready; do sleep 1; done")
        on.run("sed -i 's/^#DATABASE_URL/DATABASE_URL/' /etc/holdfast/holdfast.env")


def database_of_newcomer(on: Machine, database: str) -> str:
    """Return the settings that choose the database, which is created if it is PostgreSQL's."""
    if database == "sqlite":
        return ""
    on.run("service postgresql start && until pg_isready; do sleep 1; done")
    on.run("runuser --user=postgres -- createuser newcomer")
    on.run("runuser --user=postgres -- createdb --owner=newcomer newcomer")
    return "export DATABASE_URL=postgres:///newcomer"


def fill(on: Machine, user: str, where: str, settings: str = "") -> str:
    """Create a volume with a file by the API. Return the directory of its data."""
    create = ".venv/bin/python manage.py create_token --username alice --name first --json"
    token = json.loads(on.run(f"{settings}\n{create}", user, where))["token"]
    return on.run(shlex.join(["python3", "-c", FILL, token]), user).strip()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_user_without_root_installs_and_restores_the_backup_elsewhere(
    podman: Podman, ready: str, tmp_path: Path, database: str
) -> None:
    *prepare, migrate, bootstrap, serve = block("user").splitlines()
    with machine(podman, ready, tmp_path) as first:
        first.run("chown newcomer: /var/backups/holdfast")
        first.run("rm -r /etc/holdfast")  # another installation, with a file of settings of its own
        settings = database_of_newcomer(first, database)
        first.run("\n".join([settings, *prepare, migrate, bootstrap]), "newcomer", HOME)
        first.start(serve, "newcomer", HOME, settings)
        source = fill(first, "newcomer", HOME, settings)
        first.run(f"{settings}\n{in_home(block('backup'))}", "newcomer", HOME)
    with machine(podman, ready, tmp_path) as second:
        second.run("rm -r /etc/holdfast")
        settings = database_of_newcomer(second, database)
        second.run("\n".join([settings, *prepare, in_home(block("restore"))]), "newcomer", HOME)
        second.start(serve, "newcomer", HOME, settings)
        assert second.run(f"cat {source}/note") == "still here"
        verify = ".venv/bin/python manage.py verify --settled"
        second.run(f"{settings}\n{verify}", "newcomer", HOME)
