"""Number hashes in a table of their own, kept by triggers; and an index of outcomes without those that are nearly all.

Every step can be repeated, so a migration that was stopped goes on when it is run again. The triggers are there before
the rows that exist are carried over, in one statement for each BATCH of them: a desk that runs meanwhile writes its
rows into both tables, and waits for no more than one batch.
"""

from django.db import migrations, models
from django.db.models import Q

BATCH = 20_000  # rows of the log a statement: some 0.2 seconds

TABLE = """CREATE TABLE IF NOT EXISTS contacts_ui_auditnumber (
    mark varchar(10) NOT NULL, entry bigint NOT NULL, PRIMARY KEY (mark, entry))"""

# --- SQLite: the hashes of a row as a JSON array, since it splits no text --------------------------------------

SQLITE_MARKS = """json_each('["' || replace(trim({row}.marks), ' ', '","') || '"]')"""
SQLITE_TRIGGERS = (
    "DROP TRIGGER IF EXISTS contacts_ui_auditnumber_added",
    f"""CREATE TRIGGER contacts_ui_auditnumber_added AFTER INSERT ON contacts_ui_auditentry
    WHEN NEW.marks IS NOT NULL BEGIN
        INSERT INTO contacts_ui_auditnumber (mark, entry)
        SELECT DISTINCT substr(value, 1, 10), NEW.id FROM {SQLITE_MARKS.format(row="NEW")};
    END""",
    "DROP TRIGGER IF EXISTS contacts_ui_auditnumber_deleted",
    f"""CREATE TRIGGER contacts_ui_auditnumber_deleted AFTER DELETE ON contacts_ui_auditentry
    WHEN OLD.marks IS NOT NULL BEGIN
        DELETE FROM contacts_ui_auditnumber
        WHERE entry = OLD.id AND mark IN (SELECT substr(value, 1, 10) FROM {SQLITE_MARKS.format(row="OLD")});
    END""",
)
SQLITE_CARRY = f"""INSERT OR IGNORE INTO contacts_ui_auditnumber (mark, entry)
    SELECT substr(value, 1, 10), old.id FROM contacts_ui_auditentry AS old, {SQLITE_MARKS.format(row="old")}
    WHERE old.id BETWEEN %s AND %s AND old.marks IS NOT NULL ORDER BY 1"""

# --- PostgreSQL: the same, and as append-only as the log itself (0004) -----------------------------------------

POSTGRES_MARKS = "unnest(string_to_array(btrim({row}.marks), ' '))"
POSTGRES_TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION contacts_ui_auditnumber_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO contacts_ui_auditnumber (mark, entry)
        SELECT DISTINCT left(whole, 10), NEW.id FROM {POSTGRES_MARKS.format(row="NEW")} AS whole;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM contacts_ui_auditnumber WHERE entry = OLD.id
        AND mark IN (SELECT left(whole, 10) FROM {POSTGRES_MARKS.format(row="OLD")} AS whole);
    ELSE
        TRUNCATE contacts_ui_auditnumber;
    END IF;
    RETURN NULL;
END
$$""",
    """CREATE OR REPLACE TRIGGER contacts_ui_auditnumber_added AFTER INSERT ON contacts_ui_auditentry
    FOR EACH ROW WHEN (NEW.marks IS NOT NULL) EXECUTE FUNCTION contacts_ui_auditnumber_keep()""",
    """CREATE OR REPLACE TRIGGER contacts_ui_auditnumber_deleted AFTER DELETE ON contacts_ui_auditentry
    FOR EACH ROW WHEN (OLD.marks IS NOT NULL) EXECUTE FUNCTION contacts_ui_auditnumber_keep()""",
    """CREATE OR REPLACE TRIGGER contacts_ui_auditnumber_emptied AFTER TRUNCATE ON contacts_ui_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_ui_auditnumber_keep()""",
    """CREATE OR REPLACE TRIGGER contacts_ui_auditnumber_rows BEFORE UPDATE OR DELETE ON contacts_ui_auditnumber
    FOR EACH ROW EXECUTE FUNCTION contacts_ui_auditentry_refuse()""",
    """CREATE OR REPLACE TRIGGER contacts_ui_auditnumber_table BEFORE TRUNCATE ON contacts_ui_auditnumber
    FOR EACH STATEMENT EXECUTE FUNCTION contacts_ui_auditentry_refuse()""",
)
POSTGRES_CARRY = f"""INSERT INTO contacts_ui_auditnumber (mark, entry)
    SELECT left(whole, 10), old.id FROM contacts_ui_auditentry AS old, {POSTGRES_MARKS.format(row="old")} AS whole
    WHERE old.id BETWEEN %s AND %s AND old.marks IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING"""


def make_table(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(TABLE if postgres else f"{TABLE} WITHOUT ROWID", params=None)
    for statement in POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS:
        schema_editor.execute(statement, params=None)


def drop_table(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS contacts_ui_auditnumber_keep() CASCADE")  # with its triggers
    else:
        schema_editor.execute("DROP TRIGGER IF EXISTS contacts_ui_auditnumber_added")
        schema_editor.execute("DROP TRIGGER IF EXISTS contacts_ui_auditnumber_deleted")
    schema_editor.execute("DROP TABLE IF EXISTS contacts_ui_auditnumber")


def carry_over(apps, schema_editor):
    carry = POSTGRES_CARRY if schema_editor.connection.vendor == "postgresql" else SQLITE_CARRY
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM contacts_ui_auditentry")
        first, last = cursor.fetchone()
        for start in range(first or 0, (last or -1) + 1, BATCH):
            cursor.execute(carry, [start, start + BATCH - 1])
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute("ANALYZE contacts_ui_auditnumber")  # or it believes that a number has thousands of rows


class Outcomes:
    """One of the two indexes of outcomes takes the place of the other; on PostgreSQL nobody waits for it."""

    OLD = "audit_by_outcome ON contacts_ui_auditentry (outcome, at DESC)"
    NEW = "audit_not_ok ON contacts_ui_auditentry (outcome, at DESC) WHERE NOT (outcome = 'ok')"

    @classmethod
    def narrow(cls, apps, schema_editor):
        cls._replace(schema_editor, "audit_by_outcome", cls.NEW)

    @classmethod
    def widen(cls, apps, schema_editor):
        cls._replace(schema_editor, "audit_not_ok", cls.OLD)

    @staticmethod
    def _replace(schema_editor, old, new):
        quietly = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
        for name in (new.split()[0], old):  # the new one too: one that was stopped half-way is not used
            schema_editor.execute(f"DROP INDEX {quietly} IF EXISTS {name}")
            if name != old:
                schema_editor.execute(f"CREATE INDEX {quietly} {new}", params=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("contacts_ui", "0015_sessions"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(make_table, drop_table),
                migrations.RunPython(carry_over, migrations.RunPython.noop),
                migrations.RunPython(Outcomes.narrow, Outcomes.widen),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="AuditNumber",
                    fields=[
                        ("pk", models.CompositePrimaryKey("mark", "entry", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("mark", models.CharField(max_length=10)),
                        ("entry", models.BigIntegerField()),
                    ],
                ),
                migrations.RemoveIndex(model_name="auditentry", name="audit_by_outcome"),
                migrations.AddIndex(
                    model_name="auditentry",
                    index=models.Index(condition=~Q(outcome="ok"), fields=["outcome", "-at"], name="audit_not_ok"),
                ),
            ],
        ),
    ]
