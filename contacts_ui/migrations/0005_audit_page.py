"""What the audit log's page filters by, newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("contacts_ui", "0004_append_only"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditentry",
            options={"base_manager_name": "objects", "verbose_name_plural": "audit entries"},
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["scope", "-at"], name="audit_by_scope"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-at"], name="audit_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["outcome", "-at"], name="audit_by_outcome"),
        ),
    ]
