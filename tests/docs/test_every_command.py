"""Every command in `docs/operating.md` is run by a test, or is at least one that its command accepts."""

from __future__ import annotations

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class

from tests.docs.test_documents import COMMANDS
from tests.docs.test_operating import CHAPTERS
from tests.support.documents import DOCS, code_spans, shell_lines
from tests.support.installation import ROOT

TEXT = (DOCS / "operating.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (\S+): begin -->\n)?```sh\n(.*?)```", TEXT, re.DOTALL)
RUN_BY_CHAPTER = {
    line for chapter in CHAPTERS for line in shell_lines(DOCS / "operating.md", chapter)
}
PROSE = "".join(re.split(r"^```.*?^```$", TEXT, flags=re.DOTALL | re.MULTILINE))
SPANS = sorted(
    {
        span.removeprefix("manage.py ")
        for line in PROSE.splitlines()
        if not line.startswith("|")
        for span in code_spans(line)
        if span.removeprefix("manage.py ").split()[0] in COMMANDS and " " in span
    }
)
SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))
)


def test_there_are_commands_to_look_at() -> None:
    assert len(BLOCKS) > 6
    assert len(SPANS) > 2


@pytest.mark.parametrize(("name", "commands"), BLOCKS)
def test_every_block_of_commands_is_run_by_a_test(name: str, commands: str) -> None:
    is_in_a_chapter = set(commands.splitlines()) <= RUN_BY_CHAPTER
    is_asked_for = re.search(rf'(?:block|fenced|walk)\((?:[^()]*, )?"{re.escape(name)}"', SOURCES)
    assert is_in_a_chapter or (name and is_asked_for)


@pytest.mark.parametrize("span", SPANS)
def test_every_command_in_the_prose_is_accepted(span: str) -> None:
    command, *arguments = shlex.split(re.sub(r"\[[^\]]*\]| \|.*", "", span))
    numbers = [re.sub(r"^(?:DAYS|HOURS)$", "30", argument) for argument in arguments]
    parser = load_command_class(get_commands()[command], command).create_parser("", command)
    parser.parse_args(numbers)
