"""Arguments, environment and working directory that are not UTF-8 stop the start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installation import ROOT

NOT_UTF_8 = [b"\xff", b"/srv/caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf", b"a\xe2\x82", b"x\n\xff"]
SETTINGS = [
    *("STORAGE_ROOT", "DATA_DIR", "SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL", "PUBLIC_URL"),
    *("METRICS_TOKEN", "ALLOWED_HOSTS", "STORAGE_BACKEND", "DEBUG", "MEASURE_EVERY", "UNKNOWN"),
]


def run(
    *command: str | bytes, home: Path, cwd: bytes | Path = ROOT, **environ: bytes
) -> subprocess.CompletedProcess[bytes]:
    kept = {b"PATH": os.environb[b"PATH"], b"DATA_DIR": os.fsencode(home)}
    given = {os.fsencode(name): value for name, value in environ.items()}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=kept | given, capture_output=True, timeout=120
    )


def manage(*arguments: str | bytes, home: Path, **options: bytes) -> tuple[int, str]:
    """Return the exit code and the whole output."""
    done = run(str(ROOT / "manage.py"), *arguments, home=home, **options)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8")


def is_one_line(text: str) -> bool:
    return text.startswith("holdfast: ") and text.count("\n") == 1 and text.endswith("\n")


@pytest.mark.parametrize(
    "command",
    [
        *("help", "check", "serve", "migrate", "verify", "adopt_volume", "reset_login", "no-such"),
        "quickstart",
    ],
)
@pytest.mark.parametrize("argument", NOT_UTF_8)
def test_an_argument_of_any_command_is_refused_in_one_line(tmp_path, command, argument):
    code, text = manage(command, "--name", argument, home=tmp_path)
    assert code == 2
    assert is_one_line(text)
    assert "argument 3 is not UTF-8; encode it in UTF-8, or rename the file" in text
    assert not list(tmp_path.iterdir())


def test_a_command_of_another_encoding_is_refused_in_one_line(tmp_path):
    code, text = manage(b"\xe9", home=tmp_path)
    assert (code, is_one_line(text)) == (2, True)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", NOT_UTF_8)
def test_a_setting_is_refused_in_one_line_that_does_not_show_it(tmp_path, name, value):
    code, text = manage("check", home=tmp_path, **{name: value + b"secret"})
    assert code == 2
    assert is_one_line(text)
    assert f"the environment variable {name} is not UTF-8; encode it in UTF-8, or unset it" in text
    assert "secret" not in text
    assert not list(tmp_path.iterdir())


def test_a_variable_with_such_a_name_is_refused_in_one_line(tmp_path):
    code, text = manage("check", home=tmp_path, **{os.fsdecode(b"N\xff"): b"x"})
    assert (code, is_one_line(text)) == (2, True)
    assert r"the environment variable N\xff is not UTF-8" in text


def test_shell_variables_may_have_any_encoding(tmp_path):
    code, _ = manage("help", home=tmp_path, PWD=b"\xff", OLDPWD=b"\xff", _=b"\xff")
    assert code == 0


def test_a_working_directory_is_refused_in_one_line(tmp_path):
    here = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(here)
    code, text = manage("check", home=tmp_path, cwd=here)
    assert (code, is_one_line(text)) == (2, True)
    assert "the path of the working directory is not UTF-8" in text


@pytest.mark.parametrize("argument", ["--größe", "--大", "--🦀"])
def test_utf8_text_outside_ascii_is_accepted(tmp_path, argument):
    code, text = manage("check", argument, home=tmp_path)
    assert code == 2
    assert f"unrecognized arguments: {argument}" in text


def test_wsgi_application_refuses_other_encodings(tmp_path):
    done = run("-c", "import config.wsgi", home=tmp_path, STORAGE_ROOT=b"/srv/\xff")
    assert done.returncode == 2
    assert is_one_line(done.stderr.decode())
