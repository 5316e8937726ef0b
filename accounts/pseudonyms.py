"""Replacing what identifies a person by a pseudonym."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils.crypto import salted_hmac

from accounts.models import Revision, Subject, User

PERSONAL_FIELDS = frozenset({"username", "firstName", "lastName", "email"})
"""Fields of an account that identify its person."""
OF_A_PERSON = frozenset(
    {Subject.ACCOUNT, Subject.MEMBER, Subject.PASSWORD, Subject.SECOND_FACTOR, Subject.TOKEN}
)
"""Subjects whose entries have the person's id. All but those of tokens have the name too."""
FREE_TEXT = frozenset({"description", "labels", "path"})
"""Fields of a volume in which tenants may have written a name."""


def pseudonym_of(person: User) -> str:
    """Return the pseudonym: always the same for a person, so that an erasure can be continued."""
    digest = salted_hmac("accounts.pseudonyms", str(person.pk), algorithm="sha256").hexdigest()
    return f"erased-{digest[:8]}"


class Pseudonymizer:
    """Replaces the names and addresses of one person, former ones included."""

    def __init__(self, person: User) -> None:
        self.person = person
        self.pseudonym = pseudonym_of(person)
        self.names = {*_present_names(person), *_former_names(person)} - {"", self.pseudonym}
        self._folded = {name.casefold() for name in self.names}
        # The longest first: an address may begin with the username. Whole words only.
        ordered = sorted(map(re.escape, self.names), key=len, reverse=True)
        self._pattern = re.compile(
            rf"(?<!\w)(?:{'|'.join(ordered) or '(?!)'})(?!\w)", re.IGNORECASE
        )

    def is_name(self, text: str) -> bool:
        """Whether the text is one of the names, and nothing else."""
        return text.casefold() in self._folded

    def replace(self, text: str, *, most: int | None = None) -> str:
        """Return the text with the pseudonym for each name, cut at `most` characters."""
        replaced = self._pattern.sub(self.pseudonym, text)
        # Labels may not end with these characters.
        return (
            replaced if len(replaced) <= (most or len(replaced)) else replaced[:most].rstrip("-_.")
        )

    def replace_in(self, value: Any, *, most: int | None = None) -> Any:
        """Return a value of JSON with the pseudonym for each name in it, keys of objects excepted."""
        if isinstance(value, str):
            return self.replace(value, most=most)
        if isinstance(value, dict):
            return {key: self.replace_in(one, most=most) for key, one in value.items()}
        if isinstance(value, list):
            return [self.replace_in(one, most=most) for one in value]
        return value

    def erase_in(self, entry: Revision) -> bool:
        """Replace the person in an entry of the history. Return whether that changed it."""
        before = (entry.subject_name, entry.via, entry.ip, entry.changes)
        if entry.by == self.person.ref:
            entry.ip = None
        kind, colon, name = entry.via.partition(":")
        entry.via = f"{kind}{colon}{self.replace(name)}"[:110]
        entry.subject_name = self._subject_name(entry)[:150]
        entry.changes = self._changes(entry)
        return before != (entry.subject_name, entry.via, entry.ip, entry.changes)

    def _subject_name(self, entry: Revision) -> str:
        name = entry.subject_name
        if entry.subject == Subject.TOKEN:
            return self.replace(name)
        if entry.subject == Subject.INVITATION:
            return self.pseudonym if self.is_name(name) else name
        is_about = entry.subject in OF_A_PERSON and entry.subject_id == self.person.ref
        return self.pseudonym if is_about else name

    def _changes(self, entry: Revision) -> dict[str, list[Any]]:
        if entry.subject == Subject.ACCOUNT and entry.subject_id == self.person.ref:
            return {
                field: [self.pseudonym if one else one for one in pair]
                if field in PERSONAL_FIELDS
                else pair
                for field, pair in entry.changes.items()
            }
        changes: dict[str, list[Any]] = entry.changes
        return self.replace_fields(changes) if entry.subject == Subject.VOLUME else changes

    def replace_fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a volume with the pseudonym in what tenants write freely.

        Names, mount paths and keys of labels stay: programs rely on them.
        """
        return {
            field: self.replace_in(value, most=LENGTHS.get(field)) if field in FREE_TEXT else value
            for field, value in fields.items()
        }


LENGTHS = {"description": 500, "labels": 63}
"""The most characters of each text."""


def _present_names(person: User) -> Iterable[str]:
    return person.username, person.email, person.get_full_name()


def _former_names(person: User) -> Iterable[str]:
    """Yield what the history still has of usernames and addresses before the present ones."""
    for subject in OF_A_PERSON - {Subject.TOKEN}:
        for entry in Revision.objects.about(subject, person.ref).iterator():
            yield entry.subject_name
            for field in ("username", "email"):
                yield from filter(None, entry.changes.get(field, ()))
