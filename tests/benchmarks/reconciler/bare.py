"""What a volume costs without anybody who wants it: the calls that change the disk, and nothing else.

A process of its own, `python -m tests.benchmarks.reconciler.bare ROOT VOLUMES THREADS`. It prints the
seconds that took, and those of processor time.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial


def main(root: str, volumes: int, threads: int) -> tuple[float, float]:
    os.makedirs(os.path.join(root, ".tmp"))
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    tmp = os.open(".tmp", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
    names = [str(uuid.uuid4()) for _ in range(volumes)]
    began, worked = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(make, here, tmp), names))
    return time.monotonic() - began, time.process_time() - worked


def make(root: int, tmp: int, name: str) -> None:
    """As the backend `directory` does: whole before it is in place, and on the disk before the end."""
    volume = _new_directory(name, tmp, 0o711)
    data = _new_directory("data", volume, 0o700)
    os.fsync(data)
    os.close(data)
    os.fsync(volume)
    os.close(volume)
    os.rename(name, name, src_dir_fd=tmp, dst_dir_fd=root)
    os.fsync(root)


def _new_directory(name: str, above: int, mode: int) -> int:
    os.mkdir(name, 0o700, dir_fd=above)
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=above)
    os.fchmod(fd, mode)
    return fd


if __name__ == "__main__":
    print(*main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
