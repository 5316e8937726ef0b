"""Separate from the new column: PostgreSQL alters no table with pending changes of its rows."""

from django.db import migrations
from django.db.models import F
from django.utils import timezone


def end_access(apps, schema_editor):
    """End what older versions kept alive for the day of a reactivation.

    It leaves no history entry: nobody did anything.
    """
    User, Token = apps.get_model('accounts', 'User'), apps.get_model('accounts', 'Token')
    Invitation = apps.get_model('accounts', 'Invitation')
    deactivated = User.objects.filter(is_active=False)
    Token.objects.filter(owner__in=deactivated, revoked_at=None).update(revoked_at=timezone.now())
    Invitation.objects.filter(invited_by__in=deactivated).delete()
    deactivated.update(credentials_version=F('credentials_version') + 1)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_must_change_password'),
    ]

    operations = [
        migrations.RunPython(end_access, migrations.RunPython.noop),
    ]
