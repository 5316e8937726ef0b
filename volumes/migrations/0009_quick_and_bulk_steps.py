
import volumes.models.querysets
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('volumes', '0008_data_identity'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='volume',
            index=models.Index(condition=models.Q(('due_at__isnull', False), ('is_deleted', False), models.Q(('provisioned_size__isnull', False), models.Q(volumes.models.querysets.IsEmpty('adopt_from'), ('restore_from__isnull', True)), _connector='OR')), fields=['environment', 'due_at'], name='volume_due_quick'),
        ),
        migrations.AddIndex(
            model_name='volume',
            index=models.Index(condition=models.Q(('due_at__isnull', False), models.Q(('is_deleted', True), models.Q(('provisioned_size__isnull', True), models.Q(models.Q(volumes.models.querysets.IsEmpty('adopt_from'), _negated=True), ('restore_from__isnull', False), _connector='OR')), _connector='OR')), fields=['environment', 'due_at'], name='volume_due_bulk'),
        ),
    ]
