"""Counters of failed sign-ins."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("contacts_ui", "0007_hashed_session_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInCounter",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("times", models.JSONField(default=list)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
