"""Commands run as the owner of the storage; root becomes that user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.directories import let_others_enter
from tests.support.installation import ROOT
from tests.support.needs import needs

NOBODY = 65534
SOMEBODY = 61234
"""No account has this number."""

pytestmark = needs(os.geteuid() == 0, "needs root, to be other users")

AS_USER = """
import os, sys
import config.startup, volumes.backends.directory, volumes.backends.memory  # before it is another user
uid = int(sys.argv[1])
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
config.startup.prepare(sys.argv[2])
print("started")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory that every user may enter, with a storage of NOBODY."""
    let_others_enter(tmp_path)
    return tmp_path


def make_storage(path: Path, owner: int, *, marker: bool = True, mode: int = 0o711) -> Path:
    path.mkdir()
    path.chmod(mode)
    if marker:
        (path / ".holdfast").write_text("id\n")
    os.chown(path, owner, owner)
    return path


def start(home: Path, uid: int, command: str = "verify", **settings: str) -> tuple[int, str, str]:
    environ = {**os.environ, "DATA_DIR": str(home), "PYTHONPATH": str(ROOT), **settings}
    done = subprocess.run(
        [sys.executable, "-c", AS_USER, str(uid), command],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def manage(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DATA_DIR": str(home)}
    environ.pop("SECRET_KEY")
    environ.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_another_user_than_the_owner_is_refused_in_one_line(home: Path) -> None:
    root = make_storage(home / "volumes", NOBODY)
    assert start(home, SOMEBODY) == (
        1,
        "",
        f"holdfast: the storage {root} belongs to user {NOBODY} (nobody), and this is user {SOMEBODY}:"
        " run it as that user or as root, or chown the storage\n",
    )


@pytest.mark.parametrize("mode", [0o711, 0o700])
def test_the_storage_of_root_is_not_for_others(home: Path, mode: int) -> None:
    make_storage(home / "volumes", 0, mode=mode)
    code, _, line = start(home, SOMEBODY)
    assert (code, "belongs to user 0 (root)" in line) == (1, True)


def test_the_owner_is_not_refused(home: Path) -> None:
    make_storage(home / "volumes", SOMEBODY)
    os.chown(home, SOMEBODY, SOMEBODY)
    assert start(home, SOMEBODY) == (0, "started\n", "")


def test_a_mount_point_without_its_disk_refuses_no_user(home: Path) -> None:
    make_storage(home / "volumes", 0, marker=False)
    os.chown(home, SOMEBODY, SOMEBODY)
    assert start(home, SOMEBODY) == (0, "started\n", "")


def test_a_backend_without_a_directory_refuses_no_user(home: Path) -> None:
    make_storage(home / "volumes", NOBODY)
    os.chown(home, SOMEBODY, SOMEBODY)
    assert start(home, SOMEBODY, STORAGE_BACKEND="memory") == (0, "started\n", "")


@pytest.mark.parametrize("command", ["help", "check", "makemigrations"])
def test_commands_that_only_read_refuse_no_user(home: Path, command: str) -> None:
    make_storage(home / "volumes", NOBODY)
    assert start(home, SOMEBODY, command) == (0, "started\n", "")


@pytest.mark.parametrize("owned", ["volumes", "."])
def test_files_that_root_creates_belong_to_the_owner_of_the_storage(home: Path, owned: str) -> None:
    (home / "volumes").mkdir()
    os.chown(home / owned, SOMEBODY, SOMEBODY)
    names = ("--company", "Acme", "--environment", "production", "--username", "alice")
    done = manage("bootstrap", *names, home=home)
    assert done.returncode == 0, done.stderr
    created = [path for path in home.rglob("*") if path != home / "volumes"]
    assert {"secret_key", "holdfast.sqlite3", ".holdfast"} <= {path.name for path in created}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in created} == {(SOMEBODY, SOMEBODY)}


def test_root_keeps_its_capabilities_and_so_do_its_children(home: Path) -> None:
    make_storage(home / "volumes", NOBODY)
    foreign = home / "foreign"
    foreign.write_text("of root")
    foreign.chmod(0o600)
    program = (
        "import os, subprocess; print(os.getresuid(), os.getresgid());"
        f" os.chown({str(foreign)!r}, 7, 7); print(open({str(foreign)!r}).read());"
        f" print(subprocess.check_output(['cat', {str(foreign)!r}], text=True))"
    )
    done = manage("shell", "-v0", "-c", program, home=home)
    ids = f"({NOBODY}, {NOBODY}, {NOBODY})"
    assert done.stdout.split("\n")[:3] == [f"{ids} {ids}", "of root", "of root"], done.stderr


def test_a_disk_that_root_mounted_is_given_to_the_service(home: Path) -> None:
    make_storage(home / "volumes", 0, marker=False)
    os.chown(home, SOMEBODY, SOMEBODY)
    assert manage("migrate", home=home).returncode == 0
    done = manage("init_storage", home=home)
    assert done.returncode == 0, done.stderr
    assert (home / "volumes").stat().st_uid == SOMEBODY
    assert start(home, SOMEBODY) == (0, "started\n", "")
