"""The owner's column for people with saved preferences: whoever chose a theme has all the columns of that day stored."""

from django.db import migrations


def show_owner(apps, schema_editor):
    rows = apps.get_model("contacts_ui", "Preferences").objects.using(schema_editor.connection.alias)
    for row in rows.only("columns"):
        if "owner" not in row.columns:
            rows.filter(pk=row.pk).update(columns=["owner", *row.columns])


class Migration(migrations.Migration):
    # Code that does not know the column leaves it out, so an older version runs on.
    dependencies = [
        ("contacts_ui", "0009_snapshots"),
    ]

    operations = [migrations.RunPython(show_owner, migrations.RunPython.noop)]
