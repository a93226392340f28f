"""Session keys become hashes of themselves, here and in django-allauth's list: cookies stay valid."""

from django.db import migrations

from contacts_ui.sign_in.hashed_sessions import STORED_LENGTH, stored_key

TABLES = (("sessions", "Session"), ("usersessions", "UserSession"))


def hash_keys(apps, schema_editor):
    for app, name in TABLES:
        rows = apps.get_model(app, name).objects.using(schema_editor.connection.alias)
        for key in list(rows.values_list("session_key", flat=True)):
            if len(key) != STORED_LENGTH:
                rows.filter(session_key=key).update(session_key=stored_key(key))


def end_sessions(apps, schema_editor):
    """A hash does not lead back to its key: everyone signs in again."""
    for app, name in TABLES:
        apps.get_model(app, name).objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("contacts_ui", "0006_quota_window"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(hash_keys, end_sessions, elidable=True)]
