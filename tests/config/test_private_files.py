"""A weak secret, or one that others could have written, stops the start with one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config import data_dir, env
from config.setting_sources import BadSetting
from tests.support.installation import ROOT
from tests.support.needs import needs

KEY = "k3y-" * 10
NAMES = ["SECRET_KEY", "METRICS_TOKEN", "DATABASE_URL", "EMAIL_URL"]
GOOD = {
    "SECRET_KEY": KEY,
    "METRICS_TOKEN": "m3trics-token-0123",
    "DATABASE_URL": "postgres://holdfast:s3cret@db/holdfast",
    "EMAIL_URL": "smtp://holdfast:s3cret@mail.example.com",
}
NOBODY = 65534
Put = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    def put(name: str, content: str | bytes, mode: int = 0o600) -> Path:
        """Set NAME_FILE to a file with this content."""
        path = tmp_path / "secret"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        monkeypatch.setenv(f"{name}_FILE", str(path))
        return path

    return put


def refusal(name: str) -> str:
    """Return the message that ends the start."""
    with pytest.raises(BadSetting) as stopped:
        env.text(name)
    line = str(stopped.value)
    assert line.startswith(f"holdfast: {name}_FILE ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", " \n"])
def test_a_file_gives_the_value_without_its_line_end(put: Put, name: str, end: str) -> None:
    put(name, GOOD[name] + end)
    assert env.text(name) == GOOD[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o777, 0o664])
def test_a_file_that_others_can_write_is_refused(put: Put, name: str, mode: int) -> None:
    put(name, GOOD[name], mode)
    line = refusal(name)
    assert f"{mode:04o}" in line
    assert "chmod go-w" in line
    assert GOOD[name] not in line


@pytest.mark.parametrize("mode", [0o400, 0o444, 0o644, 0o640])
def test_a_file_that_others_only_read_is_used(put: Put, mode: int) -> None:
    put("SECRET_KEY", KEY, mode)
    assert env.text("SECRET_KEY") == KEY


@needs(os.geteuid() == 0, "needs root, to give files away")
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_user_is_refused(put: Put, name: str) -> None:
    os.chown(put(name, GOOD[name]), NOBODY, NOBODY)
    assert "belongs to user 65534" in refusal(name)


@needs(os.geteuid() == 0, "needs root, to give files away")
def test_a_link_to_a_file_of_another_user_is_refused(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(put("SECRET_KEY", KEY), NOBODY, NOBODY)
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "link"))
    assert "belongs to user 65534" in refusal("SECRET_KEY")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff" * 40, "is not UTF-8"),
        (KEY.encode() + b"\0", "one line"),
        (KEY.encode() + b"\nmore", "one line"),
        (b"\xef\xbb\xbf" + KEY.encode(), "one line"),
        (b"x" * 100_000, "is longer than"),
    ],
)
def test_invalid_content_of_a_secret_file_is_refused(put: Put, content: bytes, why: str) -> None:
    put("SECRET_KEY", content)
    assert why in refusal("SECRET_KEY")


@pytest.mark.parametrize("path", ["/nowhere/secret", "/", "/dev/null", "", KEY, "a\nb"])
def test_a_path_that_leads_to_no_file_is_refused_without_naming_it(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", path)
    assert KEY not in refusal("SECRET_KEY")


def test_a_pipe_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "pipe"))
    assert "must be a regular file" in refusal("SECRET_KEY")


# What they are for ----------------------------------------------------------


@pytest.mark.parametrize("key", ["", " ", "short", "x" * 31])
def test_a_short_or_empty_key_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(BadSetting, match=r"^holdfast: SECRET_KEY is .*at least 32") as stopped:
        env.secret_key("SECRET_KEY", tmp_path)
    assert "x" * 31 not in str(stopped.value)
    assert not list(tmp_path.iterdir())


def test_a_short_key_in_a_file_stops_the_start(put: Put, tmp_path: Path) -> None:
    put("SECRET_KEY", "x" * 31)
    with pytest.raises(BadSetting, match=r"at least 32"):
        env.secret_key("SECRET_KEY", tmp_path)


def test_a_key_is_created_once_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    data_dir.prepare()
    key = env.secret_key("SECRET_KEY", tmp_path)
    assert len(key) >= 64
    data_dir.prepare()
    assert env.secret_key("SECRET_KEY", tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_each_reader_has_its_own_key_when_none_is_stored(tmp_path: Path) -> None:
    first, second = (env.secret_key("SECRET_KEY", tmp_path) for _ in range(2))
    assert len(first) >= 64
    assert first != second
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "\n", "short", "x" * 31, KEY + "\nmore"])
def test_stored_key_is_checked_like_the_setting(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret_key").write_text(content)
    with pytest.raises(BadSetting, match=r"^holdfast: DATA_DIR/secret_key "):
        env.secret_key("SECRET_KEY", tmp_path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_stored_key_that_others_can_write_stops_the_start(tmp_path: Path, mode: int) -> None:
    (tmp_path / "secret_key").write_text(KEY)
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(BadSetting, match=r"^holdfast: DATA_DIR/secret_key has mode"):
        env.secret_key("SECRET_KEY", tmp_path)


@pytest.mark.parametrize("token", ["t0k3n", "x" * 15, "with spaces in it", "ümläuts-in-a-token"])
def test_a_weak_metrics_token_stops_the_start(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", token)
    with pytest.raises(BadSetting, match=r"^holdfast: METRICS_TOKEN ") as stopped:
        env.token("METRICS_TOKEN", least=16)
    assert token not in str(stopped.value)


def test_empty_metrics_token_is_accepted() -> None:
    assert env.token("METRICS_TOKEN", least=16) == ""


@pytest.mark.parametrize("command", ["serve", "check", "migrate"])
def test_a_weak_key_stops_every_command_with_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "secret_key").write_text("weak-but-secret")
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "holdfast: DATA_DIR/secret_key is too short: use at least 32 random characters\n"
    )
