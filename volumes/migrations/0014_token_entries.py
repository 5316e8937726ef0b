"""Older versions told each company of a person about all tokens, also those that do not reach it."""

from django.db import migrations


def limit_to_reach(apps, schema_editor):
    """Show each entry of a token only where the token reaches, person by person.

    A token is known by its owner and name. Where that leaves a doubt only operators see the entry.
    """
    tokens = apps.get_model("accounts", "Token").objects
    entries = apps.get_model("accounts", "Revision").objects.filter(
        subject="token", environment_id__isnull=True, company__isnull=False
    )
    people = entries.order_by("subject_id").values_list("subject_id", flat=True)
    person = people.first()
    while person is not None:
        _limit(entries.filter(subject_id=person), tokens.filter(owner=person.removeprefix("user-")))
        person = people.filter(subject_id__gt=person).first()


def _limit(entries, tokens):
    reach = {}
    for name, environment, company in tokens.values_list("name", "environment_id", "company"):
        reach.setdefault(name, set()).add((environment, company))
    certain = {name: places.pop() for name, places in reach.items() if len(places) == 1}
    bound = {name: place for name, place in certain.items() if place[0] is not None}
    for name, (environment, company) in bound.items():
        if company is not None:
            entries.filter(subject_name=name, company=company).update(environment_id=environment)
    unbound = certain.keys() - bound.keys()
    shown_everywhere = entries.filter(subject_name__in=unbound).values("pk")
    entries.exclude(pk__in=shown_everywhere).update(company=None)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_access_of_deactivated"),
        ("volumes", "0013_storage_state"),
    ]

    operations = [migrations.RunPython(limit_to_reach, migrations.RunPython.noop)]
