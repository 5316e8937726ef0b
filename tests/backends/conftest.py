import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION, new_id
from volumes.backends import tree
from volumes.backends.directory import Directory


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Undo the strict umask of Holdfast's settings: the tests make files that other users may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def disk() -> Path:
    """A file system with all features, extended attributes included."""
    return Path(tempfile.gettempdir())


@pytest.fixture
def ground(disk: Path) -> Iterator[Path]:
    """A directory that every user may reach. Its trees may be too deep for pytest to remove."""
    with tempfile.TemporaryDirectory(prefix="holdfast-backends-", dir=disk) as name:
        ground = Path(name)
        ground.chmod(0o777)
        yield ground
        remove_all(ground)


def remove_all(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        for name in os.listdir(fd):
            tree.remove(fd, name)
    finally:
        os.close(fd)


@pytest.fixture
def root(ground: Path) -> Path:
    return ground / "storage"


@pytest.fixture
def storage(root: Path) -> Directory:
    storage = Directory(str(root), INSTALLATION)
    storage.prepare(INSTALLATION)
    return storage


@pytest.fixture
def handle() -> str:
    return new_id()


@pytest.fixture
def snapshot() -> str:
    return new_id()


@pytest.fixture
def target() -> str:
    return new_id()


@pytest.fixture
def data(storage: Directory, handle: str) -> Path:
    """The data of an existing volume."""
    storage.create(handle, 10)
    return Path(storage.source(handle))


@pytest.fixture
def outside(ground: Path) -> Path:
    """Files next to the storage that must not change."""
    outside = ground / "outside"
    (outside / "data").mkdir(parents=True)
    (outside / "data" / "precious").write_bytes(b"x" * 100_000)
    (outside / "precious").write_bytes(b"x" * 100_000)
    return outside
