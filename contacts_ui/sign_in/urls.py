"""URLs of sign-in and of account settings: those of django-allauth that the desk uses, and no others."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.socialaccount import views as social
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from .oidc import sso_login
from .provider_session import sso_callback
from .session_list import session_list
from .sso_reauthentication import sso_reauthenticate
from .views import sign_in, sign_out, step_up_continue, totp_activate, totp_qr_code

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/password/", account.password_reset, name="account_reset_password"),
    path("sign-in/password/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sign-in/password/chosen/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("sign-out/", sign_out, name="account_logout"),
    path(
        "sign-in/again/sso/",
        sso_reauthenticate,
        {"provider_id": settings.OIDC_PROVIDER_ID},
        name="sso-reauthenticate",
    ),
    path("you/confirmed/", step_up_continue, name="step-up-continue"),  # not in sign-in/: `next` leads nowhere there
    path("you/password/", account.password_change, name="account_change_password"),
    path("you/password/set/", account.password_set, name="account_set_password"),
    path("you/second-factor/", mfa.index, name="mfa_index"),
    path("you/second-factor/totp/picture/", totp_qr_code, name="totp-picture"),
    path("you/second-factor/totp/activate/", totp_activate, name="mfa_activate_totp"),
    path("you/second-factor/totp/", include("allauth.mfa.totp.urls")),
    path("you/second-factor/passkeys/", include("allauth.mfa.webauthn.urls")),
    path("you/second-factor/recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
    path("you/sessions/", session_list, name="usersessions_list"),
]

if settings.OIDC_PROVIDER_ID:
    provider = {"provider_id": settings.OIDC_PROVIDER_ID}
    urlpatterns += [
        path("sign-in/sso/", sso_login, provider, name="openid_connect_login"),
        path("sign-in/sso/callback/", sso_callback, provider, name="openid_connect_callback"),
        path("sign-in/sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("sign-in/sso/error/", social.login_error, name="socialaccount_login_error"),
    ]
