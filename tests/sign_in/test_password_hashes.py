"""Password hashes: production keeps Django's slow one; the fast one belongs to tests alone."""

from __future__ import annotations

import pytest
from django.conf import global_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

import dashboard.settings


def test_production_keeps_django_default_hasher() -> None:
    assert not hasattr(dashboard.settings, "PASSWORD_HASHERS")
    assert global_settings.PASSWORD_HASHERS[0].endswith("PBKDF2PasswordHasher")


@pytest.mark.slow
def test_user_with_slow_hash_can_sign_in(db: None, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    person = User.objects.create_user("ada", password="a long password")
    assert person.password.startswith("pbkdf2_sha256$")
    client = Client()
    client.post("/sign-in/", {"login": "ada", "password": "another"})
    assert "_auth_user_id" not in client.session
    client.post("/sign-in/", {"login": "ada", "password": "a long password"})
    assert client.session["_auth_user_id"] == str(person.pk)
