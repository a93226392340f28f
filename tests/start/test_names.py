"""Names: a misspelt setting is named with the nearest known one, and nothing starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings_process import READ, Run
from tests.start.conftest import Refusal


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("SENT_BUGET_PER_MINUTE", "SENT_BUDGET_PER_MINUTE"),
        ("SENT_API_KEYFILE", "SENT_API_KEY_FILE"),
        ("OIDC_ISUER", "OIDC_ISSUER"),
        ("OIDC_CLIENT_SECRETS", "OIDC_CLIENT_SECRET"),
        ("AUDIT_REQIRED", "AUDIT_REQUIRED"),
        ("DESK_REGION", "DESK_REGIONS"),
    ],
)
def test_unknown_name_is_refused_with_nearest_known_one(refusal: Refusal, wrong: str, right: str) -> None:
    assert refusal(**{wrong: "120"}) == f"{wrong} is not a setting of the desk; the nearest one is {right}"


def test_two_unknown_names_are_named_together(refusal: Refusal) -> None:
    said = refusal(SENT_BUGET_PER_MINUTE="1", OIDC_ISUER="x")
    assert "SENT_BUDGET_PER_MINUTE" in said
    assert "OIDC_ISSUER" in said


@pytest.mark.parametrize("wrong", ["TRSUT_PROXY", "SECRET_KEY_FALLBACK", "SITEURL", "REQUIRE_2MFA"])
def test_misspelt_name_in_dotenv_is_refused(refusal: Refusal, tmp_path: Path, wrong: str) -> None:
    (tmp_path / ".env").write_text(f"{wrong}=x\n")
    assert refusal(ENV_FILE=str(tmp_path / ".env")).startswith(f"{wrong} is not a setting of the desk; the nearest")


def test_names_of_other_programs_are_accepted(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nCOMPOSE_PROJECT_NAME=desk\n#SENT_BUGET=1\n")
    of_kubernetes = {
        "DESK_SERVICE_HOST": "10.0.0.1",
        "DESK_PORT": "tcp://10.0.0.1:80",
        "DESK_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert run(READ, ENV_FILE=str(tmp_path / ".env"), **of_kubernetes).returncode == 0
