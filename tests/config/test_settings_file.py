"""One file of settings for server, commands and cron; the environment wins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import env, settings_file
from config.setting_sources import BadSetting, refuse_unknown_names
from tests.docs.test_documents import SETTINGS
from tests.support.installation import ROOT
from tests.support.needs import needs

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_is_cached() -> Iterator[None]:
    settings_file.current.cache_clear()
    yield
    settings_file.current.cache_clear()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the file of settings, and unset the names that the tests use."""
    for name in ("VOLUME_MAX_SNAPSHOTS", "DATA_DIR", "SECRET_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "holdfast.env"
    monkeypatch.setenv("HOLDFAST_CONFIG", str(path))

    def write(content: str | bytes, mode: int = 0o600) -> Path:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    return write


def snapshots() -> int:
    return env.number("VOLUME_MAX_SNAPSHOTS", 10)


def refusal(read: Callable[[], object] = snapshots) -> str:
    with pytest.raises(SystemExit) as stopped:
        read()
    line = str(stopped.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    "content",
    [
        "VOLUME_MAX_SNAPSHOTS=3",
        "# of ours\n\n  VOLUME_MAX_SNAPSHOTS = 3  \n; an old one\n",
        "DEBUG=true\r\nVOLUME_MAX_SNAPSHOTS='3'\r\n",
        'VOLUME_MAX_SNAPSHOTS="3"',
    ],
)
def test_a_setting_is_read_from_the_file(write: Write, content: str) -> None:
    write(content)
    assert snapshots() == 3


def test_the_environment_wins(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("VOLUME_MAX_SNAPSHOTS=3\n")
    monkeypatch.setenv("VOLUME_MAX_SNAPSHOTS", "5")
    assert snapshots() == 5


def test_a_value_in_the_environment_wins_over_a_file_that_the_file_names(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(f"SECRET_KEY_FILE={tmp_path}/missing\n")
    monkeypatch.setenv("SECRET_KEY", "k3y-" * 10)
    assert env.text("SECRET_KEY") == "k3y-" * 10


def test_the_file_may_name_a_file_with_the_secret(write: Write, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y-" * 10)
    write(f"SECRET_KEY_FILE={tmp_path}/key\n")
    assert env.text("SECRET_KEY") == "k3y-" * 10


def test_values_are_read_as_systemd_reads_them(write: Write) -> None:
    write("DATABASE_URL=postgres://u:p$x#y\"'=z@db/holdfast\n")
    assert env.text("DATABASE_URL") == "postgres://u:p$x#y\"'=z@db/holdfast"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("DEBUG=true\ns3cret\n", "line 2 is not NAME=value"),
        ("export SECRET_KEY=s3cret", "line 1 is not NAME=value"),
        ("s3cret=x", "line 1 is not NAME=value"),
        ("\ufeffDEBUG=true", "line 1 is not NAME=value"),
        ("DEBUG=true\n\nDEBUG=false", "lines 1 and 3 both set DEBUG"),
        ('SECRET_KEY="s3cret', "the value of SECRET_KEY in line 1 begins with a quote"),
        ("SECRET_KEY='s3'cret'", "the value of SECRET_KEY in line 1 begins with a quote"),
        ("SECRET_KEY=s3cret # mine", "SECRET_KEY in line 1 has a comment behind it"),
        ("SECRET_KEY=s3cret\\", "SECRET_KEY in line 1 has a backslash"),
        ("# mine \\\nDEBUG=true", "the comment in line 1 ends in a backslash"),
        ("SECRET_KEY=s3cret\0", "SECRET_KEY in line 1 has a character"),
        (b"SECRET_KEY=s3cret\xff", "is not UTF-8"),
        (b"#" * 100_000, "is longer than"),
    ],
)
def test_values_that_are_not_plain_are_refused_without_showing_them(
    write: Write, content: str | bytes, why: str
) -> None:
    path = write(content)
    line = refusal()
    assert line.startswith(f"holdfast: {path} ")
    assert why in line
    assert "s3cret" not in line


def test_a_bad_value_names_line_and_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("\nVOLUME_MAX_SNAPSHOTS=few\n")
    assert refusal() == (
        f"holdfast: VOLUME_MAX_SNAPSHOTS (line 2 of {path}) must be a whole number, not 'few'"
    )
    monkeypatch.setenv("VOLUME_MAX_SNAPSHOTS", "few")
    assert refusal() == "holdfast: VOLUME_MAX_SNAPSHOTS must be a whole number, not 'few'"


@pytest.mark.parametrize("name", ["HOLDFAST_CONFIG", "PATH", "VOLUME_MAX_SNAPSHOT"])
def test_an_unknown_name_is_refused(write: Write, name: str) -> None:
    path = write(f"{name}=3\n")
    snapshots()
    line = refusal(refuse_unknown_names)
    assert line.startswith(f"holdfast: {path} cannot be read: there is no setting {name} (line 1)")


def test_an_error_for_a_misspelt_name_suggests_the_right_one(write: Write) -> None:
    write("VOLUME_MAX_SNAPSHOT=3\n")
    snapshots()
    assert "VOLUME_MAX_SNAPSHOTS is the closest" in refusal(refuse_unknown_names)


@pytest.mark.parametrize("value", ["data", "./data", "../data"])
def test_a_path_in_the_file_is_absolute(write: Write, value: str) -> None:
    write(f"DATA_DIR={value}\n")
    with pytest.raises(BadSetting, match="must be an absolute path"):
        env.directory("DATA_DIR", ROOT)


def test_a_database_file_in_the_file_is_absolute(write: Write) -> None:
    write("DATABASE_URL=sqlite:///holdfast.sqlite3\n")
    with pytest.raises(BadSetting, match="must be an absolute path"):
        env.database("DATABASE_URL", ROOT)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(write: Write, mode: int) -> None:
    write("VOLUME_MAX_SNAPSHOTS=3\n", mode)
    assert "others can write it: chmod go-w" in refusal()


@needs(os.geteuid() == 0, "needs root, to give files away")
def test_a_file_of_another_user_is_refused(write: Write) -> None:
    os.chown(write("VOLUME_MAX_SNAPSHOTS=3\n"), 65534, 65534)
    assert "belongs to user 65534" in refusal(settings_file.refuse_other_owners)


@pytest.mark.parametrize("path", ["/nowhere/holdfast.env", "/", "/dev/null"])
def test_a_chosen_file_that_is_none_is_refused(
    path: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_CONFIG", path)
    assert refusal().startswith(f"holdfast: {path} ")


def test_the_first_existing_default_file_is_read(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLDFAST_CONFIG")
    first, second = tmp_path / "etc.env", tmp_path / "here.env"
    monkeypatch.setattr(settings_file, "DEFAULTS", (first, second))
    assert snapshots() == 10
    for path, number in ((second, 4), (first, 3)):
        path.write_text(f"VOLUME_MAX_SNAPSHOTS={number}\n")
        path.chmod(0o600)
        settings_file.current.cache_clear()
        assert snapshots() == number


@needs(os.geteuid() == 0, "needs root, to give files away")
def test_root_reads_another_users_file_only_by_name(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("VOLUME_MAX_SNAPSHOTS=3\n")
    os.chown(path, 61234, 61234)
    assert snapshots() == 3
    settings_file.current.cache_clear()
    monkeypatch.delenv("HOLDFAST_CONFIG")
    monkeypatch.setattr(settings_file, "DEFAULTS", (Path("holdfast.env"),))
    monkeypatch.chdir(tmp_path)
    line = refusal()
    assert line.startswith(f"holdfast: {path} belongs to user 61234")
    assert "name it in HOLDFAST_CONFIG" in line


def test_an_empty_choice_is_no_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("VOLUME_MAX_SNAPSHOTS=3\n")
    monkeypatch.setenv("HOLDFAST_CONFIG", "")
    assert snapshots() == 10


def manage(*arguments: str, config: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "HOLDFAST_CONFIG": str(config), **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_setting_can_be_in_the_file(write: Write, tmp_path: Path) -> None:
    values = dict.fromkeys(SETTINGS, "") | {"DATA_DIR": f"{tmp_path}/data", "SECRET_KEY": "k" * 32}
    lines = [f"{name}={value}" for name, value in values.items()]
    done = manage("check", config=write("\n".join(lines)))
    assert (done.returncode, done.stderr) == (0, "")


def test_programs_that_a_command_starts_do_not_get_the_values(write: Write, tmp_path: Path) -> None:
    key = "k3y-" * 10
    path = write(f"DATA_DIR={tmp_path}/data\nSECRET_KEY={key}\n")
    program = "import subprocess; print(subprocess.check_output(['env'], text=True))"
    done = manage("shell", "-v0", "-c", program, config=path)
    assert "HOLDFAST_CONFIG=" in done.stdout
    assert key not in done.stdout


def test_the_documents_name_the_defaults() -> None:
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    for path in ("/etc/holdfast/holdfast.env", "./holdfast.env"):
        assert re.search(rf"`{re.escape(path)}`", text)
