"""Every link from one document to another place of the repository leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import DOCUMENTS, relative

LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
LINKS = [
    (document, link)
    for document in DOCUMENTS
    for link in LINK.findall(document.read_text(encoding="utf-8"))
]
IMAGES = [(document.parent / link).resolve() for document, link in LINKS if link.endswith(".png")]
MAX_IMAGE_BYTES = 200_000


def anchors(document: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_links_to_look_at() -> None:
    assert len(LINKS) > 20
    assert IMAGES


@pytest.mark.parametrize(
    ("document", "link"), LINKS, ids=[f"{relative(one)}:{link}" for one, link in LINKS]
)
def test_every_relative_link_resolves(document: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    assert target.exists()
    assert not anchor or anchor in anchors(target)


@pytest.mark.parametrize("image", IMAGES, ids=relative)
def test_images_are_small(image: Path) -> None:
    assert image.stat().st_size < MAX_IMAGE_BYTES
