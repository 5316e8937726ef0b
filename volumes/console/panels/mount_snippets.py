"""Snippets that mount a volume, with the quoting of each tool."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

from django.conf import settings

from volumes.models import Volume
from volumes.storage import storage

PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/._-]*", re.ASCII)

COMPOSE = """\
services:
  app:
    image: alpine
    volumes:
      - type: bind
        source: {source}
        target: {target}{read_only}
        bind:
          create_host_path: false"""
KUBERNETES = """\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: alpine
      command: [sleep, infinity]
      volumeMounts:
        - name: {name}
          mountPath: {target}{read_only}
  volumes:
    - name: {name}
      hostPath:
        path: {source}
        type: Directory"""
CURL = """\
curl -H 'Authorization: Bearer hfst_…' \\
  {address}/attachment"""


@dataclass(frozen=True)
class Snippet:
    key: str
    title: str
    hint: str
    text: str


def snippets(volume: Volume) -> list[Snippet]:
    """Return snippets for the host of the storage.

    They use the mount path and mode of the attachment if there is exactly one.
    """
    source = storage().source(str(volume.pk))
    mounts = volume.attachments.all()
    only = mounts[0] if len(mounts) == 1 else None
    target = only.mount_path if only else volume.mount_path
    read_only = bool(only and only.read_only)
    return [
        Snippet("docker", "Docker", "On the host itself.", docker(source, target, read_only)),
        Snippet("compose", "Compose", "compose.yaml", compose(source, target, read_only)),
        Snippet(
            "kubernetes",
            "Kubernetes",
            "On a node that has the storage.",
            kubernetes(volume.name, source, target, read_only),
        ),
        Snippet("curl", "curl", "Who mounts it, where, and from what source.", curl(volume)),
    ]


def docker(source: str, target: str, read_only: bool) -> str:
    """Return a docker command. `--mount` parses CSV, after the shell has parsed the line."""
    fields = ["type=bind", f"source={source}", f"target={target}"] + ["readonly"] * read_only
    mount = shlex.quote(",".join(map(_csv, fields)))
    return f"docker run --rm -it \\\n  --mount {mount} \\\n  alpine sh"


def compose(source: str, target: str, read_only: bool) -> str:
    """Return a compose file. Compose substitutes variables at `$` unless it is doubled.

    By default it would create a missing source, an empty directory in the place of the data.
    """
    quoted = [_yaml(path.replace("$", "$$")) for path in (source, target)]
    return COMPOSE.format(
        source=quoted[0],
        target=quoted[1],
        read_only="\n        read_only: true" * read_only,
    )


def kubernetes(name: str, source: str, target: str, read_only: bool) -> str:
    return KUBERNETES.format(
        name=_yaml(name),
        source=_yaml(source),
        target=_yaml(target),
        read_only="\n          readOnly: true" * read_only,
    )


def curl(volume: Volume) -> str:
    origin = settings.PUBLIC_URL.geturl().rstrip("/")
    address = f"{origin}/{volume.environment_id}/volume/{volume.ref}"
    return CURL.format(address=shlex.quote(address))


def _csv(field: str) -> str:
    if "," in field or '"' in field:
        return '"' + field.replace('"', '""') + '"'
    return field


def _yaml(text: str) -> str:
    """Quote text as a JSON string, which is valid YAML, if YAML could read it as another type."""
    is_plain = PLAIN.fullmatch(text) and (text.startswith("/") or text[0].isalpha())
    if is_plain and text not in {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}:
        return text
    return json.dumps(text, ensure_ascii=False)
