
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('volumes', '0011_snapshot_times'),
    ]

    operations = [
        migrations.AddField(
            model_name='installation',
            name='scan_begun_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
