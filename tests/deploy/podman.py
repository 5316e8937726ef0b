"""Runs Podman with a store of its own. Images are built on this machine's Debian, without a registry."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import ROOT

PROGRAMS = ("podman", "podman-compose", "mmdebstrap", "runc", "iptables")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
BASE, HOLDFAST, POSTGRES = (
    f"localhost/holdfast-{name}:test" for name in ("base", "app", "postgres")
)
BUILD_SECONDS = 900.0
MAX_FILES, MAX_PROCESSES = 16384, 16384
MAX_BYTES = 8 * 1024**3


@dataclass(frozen=True)
class Podman:
    """Podman with everything that it stores below `home`, in memory: a removal is one unmount."""

    home: Path

    def __post_init__(self) -> None:
        mount = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={MAX_BYTES},mode=0755",
            "none",
            str(self.home),
        ]
        subprocess.run(mount, check=True)
        (self.home / "bin").mkdir()
        (self.home / "containers.conf").write_text(self._configuration())
        # podman-compose calls `podman`.
        wrapper = self.home / "bin" / "podman"
        store = f"--root {self.home}/root --runroot {self.home}/run --storage-driver overlay"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("podman")} {store} "$@"\n')
        wrapper.chmod(0o755)

    @property
    def environ(self) -> dict[str, str]:
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        return {
            **os.environ,
            "PATH": path,
            "CONTAINERS_CONF": str(self.home / "containers.conf"),
            "TMPDIR": str(self.home),
        }

    def run(
        self, *arguments: str, within: float = 60, environ: dict[str, str] | None = None
    ) -> str:
        """Return what the command prints on standard output. It must succeed."""
        done = subprocess.run(
            arguments,
            env={**self.environ, **(environ or {})},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close(self) -> None:
        """End all containers, and free the memory."""
        self.run("podman", "rm", "--all", "--force", "--time=5")
        self.run("umount", "--recursive", str(self.home))
        self.home.rmdir()

    def build_base(self) -> None:
        """Make an image of the Debian that this machine runs, with its own package sources."""
        release = dict(
            line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines()
        )
        tar = self.home / "base.tar"
        suite = release["VERSION_CODENAME"]
        self.run("mmdebstrap", "--variant=minbase", suite, str(tar), within=BUILD_SECONDS)
        self.run("podman", "import", "--quiet", str(tar), BASE, within=BUILD_SECONDS)
        tar.unlink()

    def build(self, file: str, tag: str, context: Path, *options: str) -> None:
        # A health check is part of Docker's format only.
        common = ("--format=docker", "--network=host", f"--build-arg=BASE={BASE}", f"--tag={tag}")
        command = ("podman", "build", *common, *options, f"--file={file}", str(context))
        self.run(*command, within=BUILD_SECONDS)

    def wheels(self) -> list[str]:
        """Download what Holdfast needs with this machine's pip. Return the options that use it."""
        version = self.run("apt-cache", "show", "--no-all-versions", "python3")
        number = version.partition("\nVersion: ")[2].split("\n")[0]
        python = ".".join(number.split(".")[:2])
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:")
        where = ("--require-hashes", "--requirement=requirements.txt", f"--dest={self.home}/wheels")
        self.run(*pip, f"--python-version={python}", *where, within=BUILD_SECONDS)
        self.run("chmod", "-R", "a+rX", f"{self.home}/wheels")  # any user installs them
        return [
            f"--volume={self.home}/wheels:/wheels:ro",
            "--build-arg=PIP_NO_INDEX=1",
            "--build-arg=PIP_FIND_LINKS=/wheels",
        ]

    @staticmethod
    def _configuration() -> str:
        # Podman asks for more than a machine may allow that is a container itself.
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], MAX_FILES)
        processes = f"nproc={MAX_PROCESSES}:{MAX_PROCESSES}"
        return (
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "{processes}"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        )
