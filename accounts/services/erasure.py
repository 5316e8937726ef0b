"""Erase a person: the steps that concern accounts. `volumes/services/erasure.py` has their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.auth import second_factor
from accounts.auth.sessions import DUE_CHANGE, PENDING_LOGIN
from accounts.callers import Actor
from accounts.models import Export, Invitation, Revision, Subject, Token, User
from accounts.pseudonyms import OF_A_PERSON, Pseudonymizer
from accounts.services.accounts import deactivate, is_last_superuser
from accounts.services.members import leave_all
from config import limits
from config.errors import Refused
from config.pagination import iterate_in_batches, iterate_rows


@transaction.atomic
def forget_access(*, person: User, actor: Actor) -> None:
    """Deactivate the account, and delete its memberships, tokens and second factor.

    Raises Refused for the last superuser.
    """
    if is_last_superuser(person) and person.is_active:
        raise Refused.because(
            "",
            "in_use",
            f"{person.username} is the last superuser. Grant these rights to another first.",
        )
    deactivate(person=person, actor=actor)
    second_factor.switch_off(person=person, actor=actor)
    leave_all(person=person, actor=actor)
    person.tokens.all().delete()


def history_to_erase(names: Pseudonymizer) -> Iterator[list[Revision]]:
    """Yield the changed entries, unsaved, in batches. Those about the person come last.

    They have the former names, which an erasure that is continued needs again.
    """
    about = Q(subject__in=list(OF_A_PERSON), subject_id=names.person.ref)
    for rows in (Revision.objects.exclude(about), Revision.objects.filter(about)):
        for batch in iterate_in_batches(rows, limits.RETENTION_BATCH_ROWS):
            if changed := [entry for entry in batch if names.erase_in(entry)]:
                yield changed


def save_entries(entries: Iterable[Revision]) -> None:
    """Write what `history_to_erase` has changed."""
    Revision.objects.bulk_update(entries, ["subject_name", "via", "ip", "changes"])


@transaction.atomic
def erase_account(*, names: Pseudonymizer, actor: Actor) -> None:
    """Give the account the pseudonym, and remove its other traces. The last step of an erasure."""
    person = names.person
    for token in tokens_to_erase(names):
        token.save(update_fields=["name"])
    for rows in traces(names).values():
        rows.delete()
    person.groups.clear()
    person.user_permissions.clear()
    User.objects.filter(pk=person.pk).update(
        username=names.pseudonym,
        first_name="",
        last_name="",
        email="",
        password=make_password(None),
        last_login=None,
        is_active=False,
        is_staff=False,
        is_superuser=False,
    )
    audit.record(
        actor=actor,
        action="erase",
        subject=Subject.ACCOUNT,
        subject_id=person.ref,
        subject_name=names.pseudonym,
        company_id=None,
    )


def traces(names: Pseudonymizer) -> dict[str, QuerySet[Any]]:
    """Return the rows of other tables that an erasure deletes."""
    person = names.person
    invited = Q(user=person)
    logged = Q(user=person) | Q(
        content_type__app_label="accounts", content_type__model="user", object_id=str(person.pk)
    )
    for name in names.names:
        invited |= Q(name__iexact=name)
        logged |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    return {
        "memberships": person.memberships.all(),
        "tokens": person.tokens.all(),
        "invitations": Invitation.objects.filter(invited),
        "sessions": Session.objects.filter(pk__in=_sessions_of(person)),
        "exports": Export.objects.filter(user=person),
        "admin log": LogEntry.objects.filter(logged),
    }


def tokens_to_erase(names: Pseudonymizer) -> Iterator[Token]:
    """Yield the changed tokens of others, unsaved, that were named after the person."""
    tokens = Token.objects.exclude(owner=names.person)
    for token in iterate_rows(tokens):
        name = names.replace(token.name, most=limits.MAX_NAME_LENGTH)
        if name != token.name:
            token.name = name
            yield token


def _sessions_of(person: User) -> list[str]:
    """Return the keys of the person's sessions, pending ones included: only their content tells."""
    keys = []
    for session in iterate_rows(Session.objects.all()):
        content = session.get_decoded()
        pending = [content.get(name, {}).get("user") for name in (PENDING_LOGIN, DUE_CHANGE)]
        if str(person.pk) in map(str, [content.get(SESSION_KEY), *pending]):
            keys.append(session.pk)
    return keys
