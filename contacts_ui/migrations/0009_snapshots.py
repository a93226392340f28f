"""Snapshots and their sealed parts."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts_ui', '0008_sign_in_counters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=10)),
                ('profile_id', models.CharField(max_length=36, null=True)),
                ('key_fingerprint', models.CharField(max_length=16)),
                ('question', models.BinaryField(null=True)),
                ('unfinished_key', models.CharField(max_length=64, null=True, unique=True)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('paused', 'Paused'), ('finished', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9)),
                ('passes', models.PositiveSmallIntegerField(default=1)),
                ('next_page', models.PositiveIntegerField(default=1)),
                ('pages', models.PositiveIntegerField(default=0)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('calls', models.PositiveIntegerField(default=0)),
                ('total_first', models.PositiveBigIntegerField(null=True)),
                ('total_last', models.PositiveBigIntegerField(null=True)),
                ('duplicates', models.PositiveIntegerField(default=0)),
                ('dropped_rows', models.PositiveIntegerField(default=0)),
                ('invalid_fields', models.PositiveIntegerField(default=0)),
                ('shrank', models.BooleanField(default=False)),
                ('shrank_in_pass', models.BooleanField(default=False)),
                ('whole', models.BooleanField(default=False)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('wrapped_key', models.BinaryField(null=True)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('waiting_since', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('error', models.CharField(max_length=60, null=True)),
                ('request_id', models.CharField(max_length=100, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['purpose', 'profile_id', '-finished_at'], name='snapshots_newest_first'), models.Index(fields=['state', 'lease_until'], name='snapshots_by_lease'), models.Index(fields=['expires_at'], name='snapshots_by_end')],
            },
        ),
        migrations.CreateModel(
            name='SnapshotPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='contacts_ui.snapshot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('snapshot', 'number'), name='one_part_per_number')],
            },
        ),
    ]
