"""What cannot be measured or looked at, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('volumes', '0009_quick_and_bulk_steps'),
    ]

    operations = [
        migrations.AddField(
            model_name='storagescan',
            name='unreadable',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='volume',
            name='unmeasured_detail',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=2000),
        ),
        migrations.AddField(
            model_name='volume',
            name='unmeasured_reason',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='volume',
            name='unmeasured_since',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
