"""Saved views, pinned profiles, the default view of a person. Follows 0014, the last one when it was written; needs only 0008."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts_ui', '0010_owner_column'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('scope', models.CharField(max_length=36, null=True)),
                ('channel', models.CharField(max_length=20, null=True)),
                ('page_size', models.PositiveSmallIntegerField(choices=[(20, '20'), (50, '50'), (100, '100')], null=True)),
                ('columns', models.JSONField(null=True)),
                ('audience', models.CharField(choices=[('me', 'Only me'), ('role', 'My role'), ('everyone', 'Everyone')], default='me', max_length=8)),
                ('role', models.CharField(max_length=20, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='preferences',
            name='default_view',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts_ui.savedview'),
        ),
        migrations.CreateModel(
            name='PinnedProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile_id', models.UUIDField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pinned_profiles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'profile_id'), name='one_pin_per_profile'), models.UniqueConstraint(condition=models.Q(('profile_id', None)), fields=('user',), name='one_pin_of_the_account')],
            },
        ),
        migrations.AddIndex(
            model_name='savedview',
            index=models.Index(fields=['scope', 'audience'], name='views_by_scope'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('owner', 'scope', 'name'), name='one_view_per_name'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('scope', None)), fields=('owner', 'name'), name='one_view_per_name_everywhere'),
        ),
    ]
