"""Runs tests on a disk with project quotas, in a kernel that is an ordinary process (user-mode-linux).

Most machines of developers and of CI have a kernel or a disk without project quotas. Debian's packages
user-mode-linux, xfsprogs, e2fsprogs and busybox-static are all that this needs, and no privileges.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).parents[3]
INIT = Path(__file__).with_name("machine.sh")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
TIMEOUT = 1800  # seconds

MAKE = {
    "ext4": ("mkfs.ext4", "-q", "-O", "project,quota", "-E", "quotatype=prjquota"),
    "xfs": ("mkfs.xfs", "-q"),
}
"""How to make each file system."""

REASON = "needs user-mode-linux, xfsprogs, e2fsprogs and busybox-static"


def is_installed() -> bool:
    needed = ["linux.uml", "busybox", *(command[0] for command in MAKE.values())]
    return all(shutil.which(program, path=PATH) for program in needed)


@dataclass(frozen=True)
class Result:
    """What became of one test."""

    file: str
    name: str
    outcome: str
    """`passed`, `skipped` or `failed`."""
    text: str


def run_tests(file_system: str, work: Path, arguments: list[str]) -> list[Result]:
    """Run pytest with these arguments on a new disk, and return the results.

    `work` is an empty directory for the disk and what the machine prints. Raises RuntimeError if the
    machine does not come as far as the tests.
    """
    disk = work / "disk"
    with disk.open("wb") as file:
        file.truncate(3 * 2**30)
    _run([*MAKE[file_system], str(disk)])
    results = work / "results.xml"
    options = ["-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={results}"]
    (work / "arguments").write_text("\n".join([*options, *arguments]))
    _boot(file_system, work, disk)
    if not results.exists():
        outputs = [work / "console", work / "output"]
        raise RuntimeError("\n".join(one.read_text() for one in outputs if one.exists()))
    return [_result(case) for case in ElementTree.parse(results).iter("testcase")]


def _boot(file_system: str, work: Path, disk: Path) -> None:
    """Start the machine, and wait until it switches itself off."""
    kernel = ["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", "mem=1536M", "quiet"]
    kernel += [f"init={INIT}", f"ubd0={disk}", "con=null", "con0=null,fd:1"]
    kernel += [f"FILE_SYSTEM={file_system}", f"WORK={work}"]
    kernel += [f"PROJECT={PROJECT}", f"PYTHON={sys.executable}"]
    with (work / "console").open("wb") as console:
        machine = subprocess.Popen(
            ["linux.uml", *kernel],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env={**os.environ, "PATH": PATH},
            start_new_session=True,
        )
        try:
            machine.wait(TIMEOUT)
        finally:
            if machine.poll() is None:
                os.killpg(machine.pid, signal.SIGKILL)
                machine.wait()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, env={**os.environ, "PATH": PATH}, capture_output=True)


def _result(case: ElementTree.Element) -> Result:
    outcome, texts = "passed", []
    for child in case:
        if child.tag in ("failure", "error"):
            outcome = "failed"
        elif child.tag == "skipped":
            outcome = "skipped"
        texts.append(f"{child.get('message', '')}\n{child.text or ''}")
    file = case.get("file", "")
    return Result(file, f"{case.get('classname')}::{case.get('name')}", outcome, "\n".join(texts))
