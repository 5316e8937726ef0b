"""Commands and files to copy: each tool must read the paths that it was given."""

from __future__ import annotations

import csv
import json
import shlex

import pytest

from volumes.console.panels.mount_snippets import compose, docker, kubernetes

PATHS = ["/data/plain", "/data/it's", '/data/a "b", c', "/data/$HOME", "/data/ö #1", "/data/{x}"]


@pytest.mark.parametrize("path", PATHS)
def test_the_docker_snippet_escapes_the_path_for_shell_and_csv(path):
    words = shlex.split(docker("/srv/x/data", path, True).replace("\\\n", ""))
    fields = next(csv.reader([words[words.index("--mount") + 1]]))
    assert fields == ["type=bind", "source=/srv/x/data", f"target={path}", "readonly"]


def value_of(text: str, key: str) -> str:
    """What stands behind `key:` in YAML: plain, or as a JSON string."""
    line = next(line for line in text.splitlines() if line.strip().startswith(f"{key}:"))
    value = line.partition(": ")[2]
    return str(json.loads(value)) if value.startswith('"') else value


@pytest.mark.parametrize("path", PATHS)
def test_the_compose_snippet_escapes_variables(path):
    text = compose("/srv/x/data", path, False)
    assert value_of(text, "target").replace("$$", "$") == path
    assert "$" not in value_of(text, "target").replace("$$", "")
    assert "read_only" not in text


@pytest.mark.parametrize("path", PATHS)
def test_the_kubernetes_snippet_has_the_path_unchanged(path):
    text = kubernetes("uploads", "/srv/x/data", path, True)
    assert value_of(text, "mountPath") == path
    assert value_of(text, "path") == "/srv/x/data"
    assert "readOnly: true" in text


@pytest.mark.parametrize("name", ["no", "123", "true", "1e5"])
def test_names_that_yaml_would_misread_are_quoted(name):
    assert f'name: "{name}"' in kubernetes(name, "/s", "/t", False)


@pytest.mark.parametrize("read_only", [True, False])
def test_compose_does_not_create_a_directory_that_is_missing(read_only):
    text = compose("/srv/x/data", "/data", read_only)
    assert text.endswith("\n        bind:\n          create_host_path: false")
    assert ("\n        read_only: true\n" in text) is read_only
