"""PostgreSQL itself refuses to change the audit log; and the table of the cache that all processes share."""

from django.core.management import call_command
from django.db import migrations

REFUSE = """
CREATE FUNCTION contacts_ui_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('desk.audit_retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER contacts_ui_auditentry_rows BEFORE UPDATE OR DELETE ON contacts_ui_auditentry
    FOR EACH ROW EXECUTE FUNCTION contacts_ui_auditentry_refuse();
CREATE TRIGGER contacts_ui_auditentry_table BEFORE TRUNCATE ON contacts_ui_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_ui_auditentry_refuse();
"""
ALLOW = """
DROP TRIGGER contacts_ui_auditentry_rows ON contacts_ui_auditentry;
DROP TRIGGER contacts_ui_auditentry_table ON contacts_ui_auditentry;
DROP FUNCTION contacts_ui_auditentry_refuse();
"""


def refuse(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REFUSE)


def allow(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ALLOW)


def make_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):

    dependencies = [
        ("contacts_ui", "0003_audit"),
    ]

    operations = [
        migrations.RunPython(refuse, allow),
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
    ]
