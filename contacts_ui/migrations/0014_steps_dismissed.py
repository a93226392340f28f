"""Whether an admin dismissed the first steps. The order of the numbers is not that of the release."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("contacts_ui", "0013_number_lookups"),
    ]

    operations = [
        migrations.AddField(
            model_name="preferences",
            name="steps_dismissed",
            field=models.BooleanField(default=False),
        ),
    ]
