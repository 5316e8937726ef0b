"""The image and `deploy/compose.yaml`, built on this machine's Debian and run by Podman."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.deploy.podman import HOLDFAST, POSTGRES, Podman
from tests.support.directories import let_others_enter
from tests.support.documents import fenced
from tests.support.installation import ROOT, eventually
from tests.support.postgres import free_port

OWNER = 10001


@dataclass(frozen=True)
class Composed:
    """A running `compose.yaml`."""

    podman: Podman
    port: int
    storage_root: Path
    container = "holdfast_holdfast_1"

    def status(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def log(self) -> str:
        command = ["podman", "logs", "--tail=20", self.container]
        done = subprocess.run(
            command, env=self.podman.environ, capture_output=True, text=True, check=True
        )
        return done.stdout + done.stderr

    def execute(self, script: str) -> str:
        return self.podman.run("podman", "exec", self.container, "sh", "-c", script)


@pytest.fixture(scope="module")
def composed(images: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    root = tmp_path_factory.mktemp("storage")
    # The container's user must reach it, as in /srv.
    let_others_enter(root)
    composed = Composed(images, free_port(), root)
    environ = {
        "HOLDFAST_IMAGE": HOLDFAST,
        "POSTGRES_IMAGE": POSTGRES,
        "STORAGE_ROOT": str(root),
        "BIND": f"127.0.0.1:{composed.port}",
    }
    install, up, bootstrap = composed_by_podman(root)
    compose = "podman-compose --project-name=holdfast --file=deploy/compose.yaml"
    images.run("sh", "-c", f"{install} && {up}", environ=environ)
    try:
        eventually(lambda: composed.status("/readyz") == 200, within=120)
        assert "alice" in images.run("sh", "-c", bootstrap, environ=environ)
        yield composed
    finally:
        images.run(*compose.split(), "down", "--volumes", environ=environ)


def composed_by_podman(root: Path) -> list[str]:
    """Return the documented commands for Podman. It has built the image already."""
    commands = fenced(ROOT / "docs" / "operating.md", "compose")
    changes = {
        "docker compose": "podman-compose --project-name=holdfast",
        "--detach --build": "--detach --no-build",
        "exec holdfast": "exec -T holdfast",
        "/srv/holdfast": str(root),
    }
    for old, new in changes.items():
        assert old in commands, old
        commands = commands.replace(old, new)
    return commands.splitlines()


def test_the_tour_of_the_readme_works_in_the_container(composed: Composed) -> None:
    manage = f"podman exec {composed.container} python manage.py"
    script = fenced(ROOT / "README.md", "tour").replace(".venv/bin/python manage.py", manage)
    done = subprocess.run(
        # The server of the container must be able to read what the application writes.
        ["bash", "-euo", "pipefail", "-c", f"umask 022\n{script}"],
        env={**composed.podman.environ, "HOLDFAST": f"http://127.0.0.1:{composed.port}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + composed.log()
    assert '"code": "in_use"' in done.stdout
    assert list(composed.storage_root.glob("[!.]*")) == []
    composed.execute("python manage.py verify --settled")


def test_the_container_has_no_privileges(composed: Composed) -> None:
    status = composed.execute("cat /proc/self/status")
    assert re.search(rf"^Uid:\t{OWNER}\t", status, re.MULTILINE)
    assert set(re.findall(r"^Cap\w+:\t(\w+)$", status, re.MULTILINE)) == {"0" * 16}
    assert "NoNewPrivs:\t1" in status


def test_the_root_file_system_is_read_only(composed: Composed) -> None:
    mounts = composed.execute("cat /proc/self/mountinfo")
    (options,) = re.findall(r"^\d+ \d+ \S+ / / (\S+) ", mounts, re.MULTILINE)
    assert "ro" in options.split(",")
    assert composed.execute("find /opt/holdfast ! -user root") == ""


def test_the_image_runs_as_its_own_user_by_default(images: Podman) -> None:
    command = ("podman", "run", "--rm", "--network=none", HOLDFAST, "id", "--user")
    assert images.run(*command).strip() == str(OWNER)


def test_the_image_has_only_what_is_needed_to_run(images: Podman) -> None:
    command = ("podman", "run", "--rm", "--network=none", HOLDFAST)
    assert set(images.run(*command, "ls", "-A").split()) == {
        *(".venv", "accounts", "config", "manage.py", "requirements.txt", "templates", "volumes"),
    }
    packages = images.run(*command, "python", "-m", "pip", "list", "--format=freeze")
    assert "django==" in packages.lower()
    assert "pytest" not in packages.lower()


def test_the_health_check_follows_the_server(composed: Composed, images: Podman) -> None:
    images.run("podman", "healthcheck", "run", composed.container)
    stopped = ("podman", "run", "--detach", "--name=stopped", "--network=none", HOLDFAST)
    images.run(*stopped, "sleep", "60")
    with pytest.raises(AssertionError, match="unhealthy"):
        images.run("podman", "healthcheck", "run", "stopped")


def test_orphans_are_reaped(composed: Composed) -> None:
    composed.execute("(sleep 0.1 &)")
    eventually(lambda: "(sleep)" not in composed.execute("cat /proc/[0-9]*/stat"), within=10)
    assert composed.execute("cat /proc/1/comm").strip() == "tini"


def test_the_server_ends_in_peace(composed: Composed, images: Podman) -> None:
    images.run("podman", "stop", "--time=30", composed.container)
    code = images.run("podman", "inspect", "--format={{.State.ExitCode}}", composed.container)
    assert code.strip() in {"0", "143"}
    images.run("podman", "start", composed.container)
    eventually(lambda: composed.status("/readyz") == 200, within=60)
