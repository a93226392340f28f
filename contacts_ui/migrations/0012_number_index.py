"""The number index: sealed parts, and additions since."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts_ui', '0011_saved_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='NumberIndex',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_fingerprint', models.CharField(max_length=64)),
                ('scope', models.CharField(max_length=64)),
                ('version', models.PositiveIntegerField(default=0)),
                ('table_version', models.PositiveIntegerField(default=0)),
                ('parts_count', models.PositiveIntegerField(default=0)),
                ('contacts', models.PositiveIntegerField(default=0)),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('calls', models.PositiveIntegerField(default=0)),
                ('snapshot', models.UUIDField(null=True)),
                ('began_at', models.DateTimeField(null=True)),
                ('built_at', models.DateTimeField(null=True)),
                ('whole', models.BooleanField(default=False)),
                ('seen_total', models.PositiveIntegerField(null=True)),
                ('moved', models.BooleanField(default=False)),
                ('names_profiles', models.BooleanField(default=False)),
                ('refused_at', models.DateTimeField(null=True)),
                ('attempted_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key_fingerprint', 'scope'), name='one_number_index_per_scope')],
            },
        ),
        migrations.CreateModel(
            name='NumberIndexAddition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.UUIDField()),
                ('created_at', models.DateTimeField()),
                ('rows', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('index', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='additions', to='contacts_ui.numberindex')),
            ],
        ),
        migrations.CreateModel(
            name='NumberIndexPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('index', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='contacts_ui.numberindex')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('index', 'version', 'number'), name='one_index_part_per_number')],
            },
        ),
    ]
