"""Sessions move into a table that says whose they are. Those of before are carried over: nobody is signed out."""

from itertools import islice

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core import signing
from django.db import migrations, models
from django.utils.http import base36_to_int

SALT = "django.contrib.sessions.SessionStore"  # by the name of the engine's class
WAITING = "account_login"  # django-allauth's: a sign-in that waits for its second step
BATCH = 1000  # rows


def carry_over(apps, schema_editor):
    """Copies every session that is of use, with the person that its data names, and empties the old table."""
    alias = schema_editor.connection.alias
    old = apps.get_model("sessions", "Session").objects.using(alias)
    new = apps.get_model("contacts_ui", "Session")
    people = {None} | set(apps.get_model("auth", "User").objects.using(alias).values_list("pk", flat=True))
    carried = filter(None, (carried_over(new, session, people) for session in old.iterator(BATCH)))
    while batch := list(islice(carried, BATCH)):
        new.objects.using(alias).bulk_create(batch)
    old.all().delete()


def carried_over(new, session, people):
    """The new row; None for one that opens nothing: signed with a key of long ago, of a person who is gone."""
    try:
        user, waiting = owners(signing.loads(session.session_data, salt=SALT))
    except (signing.BadSignature, ValueError):
        return None
    if not {user, waiting} <= people:
        return None
    kept = {"session_data": session.session_data, "expire_date": session.expire_date}
    return new(session_key=session.session_key, user_id=user, waiting_id=waiting, **kept)


def owners(data):
    """The ids of who is signed in, and of whose sign-in waits for its second step."""
    user, waiting = data.get(SESSION_KEY), (data.get(WAITING) or {}).get("user_pk")
    return (int(user) if user else None, base36_to_int(waiting) if waiting else None)


def carry_back(apps, schema_editor):
    """The same rows, without their people."""
    alias = schema_editor.connection.alias
    old = apps.get_model("sessions", "Session")
    rows = apps.get_model("contacts_ui", "Session").objects.using(alias).values(
        "session_key", "session_data", "expire_date"
    )
    old.objects.using(alias).bulk_create((old(**row) for row in rows.iterator(BATCH)), BATCH)


def person():
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_constraint=False,
        null=True,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("contacts_ui", "0014_steps_dismissed"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("user", person()),
                ("waiting", person()),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(carry_over, carry_back, elidable=True),
    ]
