from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Note the company of each bound token, which was not kept until now."""
    tokens = apps.get_model("accounts", "Token").objects
    environments = apps.get_model("volumes", "Environment").objects
    company = environments.filter(pk=OuterRef("environment_id")).values("company")
    bound = tokens.filter(environment_id__isnull=False)
    bound.update(company=Subquery(company))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_token_company"),
        ("volumes", "0006_status_detail"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
