"""django-allauth's internals that we use: present, with the parameters that we pass, and used nowhere else."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from contacts_ui.sign_in import allauth_compat
from testing import ROOT

# Parameters that our calls pass, by name of the function.
PARAMETERS = {
    "assess_unique_email": ["email"],
    "clear_login": ["request"],
    "compare_user_code": ["actual", "expected"],
    "filter_users_by_email": ["email"],
    "format_hotp_value": ["value"],
    "get_authentication_records": ["request"],
    "get_session_user": ["session"],
    "get_user_by_username": ["username"],
    "hotp_value": ["secret", "counter"],
    "record_authentication": ["request", "user", "method"],
    "yield_hotp_counters_from_time": [],
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_internal_function_takes_our_parameters(name: str) -> None:
    signature = inspect.signature(getattr(allauth_compat, name))
    assert [parameter for parameter in signature.parameters if parameter in PARAMETERS[name]] == PARAMETERS[name]
    named = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    required = {each.name for each in named if each.default is inspect.Parameter.empty}
    assert required <= set(PARAMETERS[name])


def test_rate_limit_is_consumed_by_action_and_config() -> None:
    parameters = inspect.signature(allauth_compat.ratelimit.consume).parameters
    assert {"request", "app", "action", "config", "limit_get"} <= set(parameters)


def test_session_keys_are_text() -> None:
    assert isinstance(allauth_compat.SECRET_SESSION_KEY, str)
    assert isinstance(allauth_compat.INTERNAL_RESET_SESSION_KEY, str)
    assert isinstance(allauth_compat.LOGIN_SESSION_KEY, str)


def test_every_name_of_the_list_is_tested_here() -> None:
    constants = {"SECRET_SESSION_KEY", "INTERNAL_RESET_SESSION_KEY", "LOGIN_SESSION_KEY"}
    assert set(allauth_compat.__all__) == {*PARAMETERS, "ratelimit", *constants}


def test_no_other_module_imports_internals() -> None:
    internal = re.compile(r"^\s*(?:from|import) allauth\S*\.internal", re.MULTILINE)
    found = {path for path in (ROOT / "contacts_ui").rglob("*.py") if internal.search(path.read_text())}
    assert found == {Path(allauth_compat.__file__)}
