"""Whether an admin dismissed the first steps. Stands on 0008 alone; others of the same release stand beside it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("contacts_ui", "0008_sign_in_counters"),
    ]

    operations = [
        migrations.AddField(
            model_name="preferences",
            name="steps_dismissed",
            field=models.BooleanField(default=False),
        ),
    ]
