from itertools import islice

from django.db import migrations, models
from django.db.models.functions import Coalesce

AT_ONCE = 500
"""Objects, and entries, that are read or written together."""


def rank_entries_without_version(apps, schema_editor):
    """Give each its place right after the version that was written last before it.

    Until now identifiers were the order, so they say which one that was. Only volumes have such entries
    beside versions, and only histories that hold one are read: most of a large table is left alone.
    """
    revisions = apps.get_model('accounts', 'Revision').objects.filter(subject='volume')
    subjects = revisions.filter(version__isnull=True).order_by().values_list('subject_id', flat=True).distinct()
    waiting = iter(list(subjects))
    while some := list(islice(waiting, AT_ONCE)):
        ranked = []
        latest = {}
        entries = revisions.filter(subject_id__in=some).order_by('subject_id', 'id')
        for entry in entries.only('id', 'subject_id', 'version').iterator(chunk_size=AT_ONCE):
            if entry.version is not None:
                latest[entry.subject_id] = max(entry.version, latest.get(entry.subject_id, 0))
                continue
            entry.rank = 2 * latest.get(entry.subject_id, 0) + 1
            ranked.append(entry)
            if len(ranked) == AT_ONCE:
                revisions.bulk_update(ranked, ['rank'])
                ranked = []
        revisions.bulk_update(ranked, ['rank'])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_token_company'),
    ]

    operations = [
        migrations.AddField(
            model_name='revision',
            name='rank',
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(rank_entries_without_version, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='revision',
            name='revision_history',
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(models.F('subject'), models.F('subject_id'), Coalesce('rank', models.F('version') + models.F('version'), output_field=models.IntegerField()), models.F('id'), name='revision_in_order'),
        ),
    ]
