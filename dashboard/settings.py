"""Django settings of the desk, read from the environment and `.env` (README, settings).

`SITE_URL` alone decides cookies, HSTS, redirects, hosts and CSRF origins (architecture, decision 13).
A value that cannot be right stops the start with one sentence (env.py), and so does a name that nothing reads
(unknown_names.py): therefore every setting is read here and unconditionally.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

from . import connection_limit, private_files  # noqa: F401  # register their system checks
from .env import Env, places_of
from .regions import parse_regions
from .site_url import is_loopback, is_safe_url, listening_hosts, parse_site, require_safe
from .unknown_names import require_known_names
from .version import program_version

BASE_DIR = Path(__file__).resolve().parent.parent
DESK_VERSION: str = program_version(BASE_DIR)  # in the log, at the foot of pages, and in /healthz for this machine

env = Env()
# ENV_FILE names another file, so that a test or a second desk never reads this `.env`.
ENV_FILE: str = os.environ.get("ENV_FILE", str(BASE_DIR / ".env"))
Env.read_env(ENV_FILE)
# Where to change what an operator may have to change.
SETTING_PLACES: dict[str, str] = places_of(ENV_FILE, "SENT_API_KEY", "DATABASE_URL", "SITE_URL")

SECRET_KEY: str = env.key("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.keys("SECRET_KEY_FALLBACKS")
DEBUG: bool = env.bool("DEBUG", default=False)
_site = parse_site(env.str("SITE_URL", default="http://localhost:8000"))
SITE_URL: str = _site.url
_https = _site.is_https
# Where the desk listens. The launcher reads it too; of granian and runserver started by hand the command line counts.
HOST: str = env.str("HOST", default="127.0.0.1")
_listens_on = listening_hosts(os.environ, sys.argv, HOST)
require_safe(_site, _listens_on, debug=DEBUG)
_local = _site.is_local and all(map(is_loopback, _listens_on))

# --- The messaging API -----------------------------------------------------------------------------

SENT_API_URL: str = env.str("SENT_API_URL", default="https://api.sent.dm").rstrip("/")
# Without a key every manage.py command still works; wsgi.py refuses to serve (see there).
# A key from a file may end with a newline; a comment after NAME= is not a key.
SENT_API_KEY: str | None = env.str("SENT_API_KEY", default="") or None
if SENT_API_KEY and SENT_API_KEY.startswith("#"):
    SENT_API_KEY = None
if SENT_API_KEY and not (SENT_API_KEY.isascii() and SENT_API_KEY.isprintable()):
    raise ImproperlyConfigured("SENT_API_KEY holds characters that no key has. Copy it again, without quotes")
SENT_CONNECT_TIMEOUT: float = env.float("SENT_CONNECT_TIMEOUT", default=3.05, low=0.1, high=60)  # seconds
SENT_DEADLINE: float = env.float("SENT_DEADLINE", default=10.0, low=0.1, high=120)  # seconds, the whole call
SENT_CA_FILE: str | None = env.str("SENT_CA_FILE", default="") or None
if SENT_CA_FILE and not os.access(SENT_CA_FILE, os.R_OK):
    raise ImproperlyConfigured(f"SENT_CA_FILE names {SENT_CA_FILE}, which is not there or cannot be read")
# Contacts are cached for minutes, never for a day (SECURITY.md).
SENT_FRESH_SECONDS: float = env.float("SENT_FRESH_SECONDS", default=150.0, low=0, high=3600)
SENT_STALE_SECONDS: float = env.float("SENT_STALE_SECONDS", default=300.0, low=0, high=3600)
# What the API allows the organization a minute; a quarter of it at once. Another number only as agreed with its vendor.
SENT_LIMIT_PER_MINUTE: int = env.int("SENT_LIMIT_PER_MINUTE", default=200, low=4)
SENT_BUDGET_PER_MINUTE: int = env.int("SENT_BUDGET_PER_MINUTE", default=120, low=1, high=SENT_LIMIT_PER_MINUTE)  # calls
SENT_BUDGET_BURST: int = env.int("SENT_BUDGET_BURST", default=30, low=1, high=SENT_LIMIT_PER_MINUTE // 4)  # calls
# Hosts that share the budget: what each may spend of it while Redis does not answer (docs/decisions, 49).
DESK_HOSTS: int = env.int("DESK_HOSTS", default=1, low=1, high=SENT_BUDGET_PER_MINUTE)
SENT_BUDGET_FILE: str = env.str("SENT_BUDGET_FILE", default=str(BASE_DIR / ".cache" / "budget"))
# Concurrent calls of a process, half its threads.
SENT_IN_FLIGHT: int = env.int("SENT_IN_FLIGHT", default=32, low=1, high=1000)
# Regions in which numbers without a country code are read (ISO 3166-1 alpha-2), likeliest first.
DESK_REGIONS: list[str] = parse_regions(env.list("DESK_REGIONS", default=[]))
SENT_GATEWAY: str = env.choice("SENT_GATEWAY", ("full", "plain"), default="full")

if not is_safe_url(SENT_API_URL):
    raise ImproperlyConfigured("SENT_API_URL must be https, or http on this machine: it carries the key")

# --- Hosts, cookies and security headers -----------------------------------------------------------

ALLOWED_HOSTS = _site.allowed_hosts
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Addresses of pages are compared with these, never with a Host header: proxies may leave its port out.
SITE_ORIGINS: frozenset[str] = _site.origins
CSRF_FAILURE_VIEW = "contacts_ui.views.stale_form.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "contacts_ui.sign_in.hashed_sessions"
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS = 12 * 3600  # seconds after sign-in, active or not
# Seconds without a request.
SESSION_IDLE_SECONDS: int = env.int("SESSION_IDLE_SECONDS", default=30 * 60, low=60, high=SESSION_COOKIE_AGE)
# The server itself speaks http: only a trusted proxy can say that a request came by https.
_trust_proxy = env.bool("TRUST_PROXY", default=False)
SECURE_SSL_REDIRECT = _https and _trust_proxy
SECURE_SSL_HOST = _site.netloc  # as above
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
PERMISSIONS_POLICY = "clipboard-write=(self), publickey-credentials-create=(self), publickey-credentials-get=(self)"
X_FRAME_OPTIONS = "DENY"
if _trust_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains is the domain owner's decision
    "security.W021",  # HSTS preloading, likewise
]

# Whom to tell about a vulnerability of this installation (/.well-known/security.txt): e-mail addresses or URLs.
SECURITY_CONTACT: list[str] = [
    contact.strip() if ":" in contact else f"mailto:{contact.strip()}"
    for contact in env.list("SECURITY_CONTACT", default=[])
    if contact.strip()
]
for _contact in SECURITY_CONTACT:
    if not re.fullmatch(r"(?:mailto:[^\s@:]+@[^\s@:]+|https://\S+|tel:\+[\d-]+)", _contact, re.ASCII):
        raise ImproperlyConfigured("SECURITY_CONTACT must be e-mail addresses or https:// URLs, with commas between")

# Directives and their sources; security_headers.py sends them with every response.
CONTENT_SECURITY_POLICY: dict[str, list[str]] = {
    "default-src": ["'none'"],
    **{f"{kind}-src": ["'self'"] for kind in ("script", "style", "img", "font", "connect")},
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

# No form of the desk takes a file: the parts of a body that are files are read, in memory, and dropped.
FILE_UPLOAD_HANDLERS: list[str] = []
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    1_000_000  # bytes of a whole body (middleware/size_limits.py; dashboard/rsgi.py for chunks)
)

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS += [{"NAME": "contacts_ui.people.notices.PasswordNotice"}]  # rejects none, mails the owner

# --- Signing in (docs/deploy.md, people and sign-in) -----------------------------------------------

ROLE_NAMES = ("auditor", "admin", "exporter", "support")  # as in contacts_ui/roles.py, not importable here
# Off by default only where nobody else reaches the desk, so that the demo starts in one step.
REQUIRE_MFA: str = env.choice("REQUIRE_MFA", ("admins", "all", "none"), default="none" if _local else "admins")

# How many proxies add to X-Forwarded-For before the desk; the client's address is read before theirs.
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXIES", default=1 if _trust_proxy else 0, low=0, high=10)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "contacts_ui.sign_in.adapters.DeskAccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "contacts_ui.sign_in.forms.CountedChangePasswordForm",
    "login": "contacts_ui.sign_in.forms.SignInForm",
    "reset_password": "contacts_ui.sign_in.password_reset.PasswordResetForm",
    "user_token": "contacts_ui.sign_in.password_tokens.PasswordTokenForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]  # nobody signs up; allauth requires it
ACCOUNT_EMAIL_VERIFICATION = "none"  # admins enter the addresses
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Contact Desk: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_SESSION_REMEMBER = True  # sessions last SESSION_LONGEST_SECONDS
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = (
    True  # whoever has the link could sign in a moment later; a second factor is asked for
)
# Sign-ins are limited by contacts_ui/sign_in/attempts.py, for known browsers apart (docs/decisions, 25).
ACCOUNT_RATE_LIMITS: dict[str, str | None] | bool = {"login": None, "login_failed": None, "reset_password": None}
KNOWN_BROWSER_COOKIE_NAME = "__Host-known-browser" if _https else "known-browser"
THEME_COOKIE_NAME = "theme"  # "dark" or "light", for the sign-in pages (contacts_ui/web/theme_cookie.py)
KNOWN_BROWSER_SECONDS = 180 * 24 * 3600  # after the last sign-in there
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds for which proving who one is again lasts (sign_in/step_up.py)

MFA_RATE_LIMITS: dict[str, str | None] = {"webauthn_login": None}  # attempts.py likewise
MFA_ADAPTER = "contacts_ui.sign_in.adapters.DeskMfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = f"Contact Desk ({_site.host.replace(':', '-')})"  # a colon ends the issuer in its URL
MFA_TOTP_TOLERANCE = 1  # periods of 30 s either way: a phone's clock may be wrong
MFA_FORMS = {
    "authenticate": "contacts_ui.sign_in.totp_reuse.SignInCodeForm",
    "reauthenticate": "contacts_ui.sign_in.totp_reuse.ReauthenticateCodeForm",
    "login_webauthn": "contacts_ui.sign_in.passkeys.SignInPasskeyForm",
    "authenticate_webauthn": "contacts_ui.sign_in.passkeys.SecondStepPasskeyForm",
    "reauthenticate_webauthn": "contacts_ui.sign_in.passkeys.ReauthenticatePasskeyForm",
    "add_webauthn": "contacts_ui.sign_in.passkeys.AddPasskeyForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # admins and the identity provider enter the addresses; the desk verifies none
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # browsers allow passkeys over http only on localhost

# Single sign-on: on when an issuer is set. A person is identified by issuer and subject, never by e-mail address.
OIDC_ISSUER: str | None = env.str("OIDC_ISSUER", default="").rstrip("/") or None
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_FORM_ORIGINS: list[str] = env.list("OIDC_FORM_ORIGINS", default=[])
OIDC_NAME: str = env.str("OIDC_NAME", default="Single sign-on")
OIDC_GROUP_CLAIM: str = env.str("OIDC_GROUP_CLAIM", default="groups")
OIDC_ROLES: dict[str, str] = {}
for _pair in env.list("OIDC_ROLES", default=[]):
    _group, _, _role = (part.strip() for part in _pair.rpartition("="))
    if not _group or _role not in ROLE_NAMES:
        raise ImproperlyConfigured(
            "OIDC_ROLES must be pairs with commas between, such as desk-staff=support,desk-admins=admin. "
            f"The roles are {', '.join(ROLE_NAMES)}"
        )
    OIDC_ROLES[_group] = _role
if not all(is_safe_url(origin, bare=True) for origin in OIDC_FORM_ORIGINS):
    raise ImproperlyConfigured("OIDC_FORM_ORIGINS must be https origins with commas between: https://login.example.org")
# How the provider tells of a second factor, where REQUIRE_MFA asks for one: values of `acr` or of `amr`, either is
# enough. With both empty it is trusted to have asked. OIDC_MFA_MAX_AGE: seconds since then (`auth_time`), 0 for any.
OIDC_MFA_ACR: list[str] = env.list("OIDC_MFA_ACR", default=[])
OIDC_MFA_AMR: list[str] = env.list("OIDC_MFA_AMR", default=["mfa"])
OIDC_MFA_MAX_AGE: int = env.int("OIDC_MFA_MAX_AGE", default=12 * 3600)
# Seconds after which a session asks the provider again: is the person still there, and in which groups.
OIDC_RECHECK_SECONDS: int = env.int("OIDC_RECHECK_SECONDS", default=3600, low=1, high=3600)
SOCIALACCOUNT_ADAPTER = "contacts_ui.sign_in.adapters.DeskSocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
OIDC_PROVIDER_ID: str | None = None
if OIDC_ISSUER:
    if not is_safe_url(OIDC_ISSUER):
        raise ImproperlyConfigured("OIDC_ISSUER must be https, or http on this machine")
    if not OIDC_CLIENT_ID or not OIDC_CLIENT_SECRET:
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it")
    # Accounts are stored by provider id and subject, so another issuer needs another provider id.
    OIDC_PROVIDER_ID = f"oidc-{hashlib.sha256(OIDC_ISSUER.encode()).hexdigest()[:12]}"
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": OIDC_PROVIDER_ID,
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
            }
        ],
    }
    # A form submission redirects the browser to the provider, so form-action has to allow its origin.
    CONTENT_SECURITY_POLICY["form-action"] += [
        f"{urlsplit(OIDC_ISSUER).scheme}://{urlsplit(OIDC_ISSUER).netloc}",
        *OIDC_FORM_ORIGINS,
    ]

# --- Mail ------------------------------------------------------------------------------------------

# Without EMAIL_URL the desk sends no mail: an admin hands out the links to choose a password.
EMAIL_URL: str | None = env.str("EMAIL_URL", default="") or None
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 10  # seconds
MAIL_IN_BACKGROUND = True  # a page that waited for the mail server would tell by its time who has an account
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default=f"desk@{_site.netloc_host}")
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds a link to choose a password works

# --- The audit log ---------------------------------------------------------------------------------

# Keys the hashes of phone numbers. A key of its own, so that a new SECRET_KEY does not make the log unsearchable.
AUDIT_KEY: str = env.key("AUDIT_KEY", default=SECRET_KEY)
AUDIT_KEY_FALLBACKS: list[str] = env.list("AUDIT_KEY_FALLBACKS", default=[])
if AUDIT_KEY == SECRET_KEY:  # it changes with SECRET_KEY, so former secret keys are former audit keys as well
    AUDIT_KEY_FALLBACKS = [*AUDIT_KEY_FALLBACKS, *SECRET_KEY_FALLBACKS]
# On: a page whose audit event cannot be written is refused.
AUDIT_REQUIRED: bool = env.bool("AUDIT_REQUIRED", default=True)

# --- Quota -----------------------------------------------------------------------------------------

# What one person may be shown in an hour, over all processes (docs/decisions, 27).
# Rows of lists and opened contacts, a page at least; and masked numbers.
DESK_CONTACTS_PER_HOUR: int = env.int("DESK_CONTACTS_PER_HOUR", default=20_000, low=100)
DESK_REVEALS_PER_HOUR: int = env.int("DESK_REVEALS_PER_HOUR", default=200, low=1)
# Numbers looked up over all profiles at once (docs/decisions, 32).
DESK_LOOKUPS_PER_HOUR: int = env.int("DESK_LOOKUPS_PER_HOUR", default=30, low=1)

# --- Exports ---------------------------------------------------------------------------------------

# Contacts of one export, and of all that one person asks for within 24 hours (docs/decisions, 44).
EXPORT_MOST_ROWS: int = env.int("EXPORT_MOST_ROWS", default=200_000, low=1, high=10_000_000)
EXPORT_ROWS_PER_DAY: int = env.int(
    "EXPORT_ROWS_PER_DAY", default=3 * EXPORT_MOST_ROWS, low=EXPORT_MOST_ROWS, high=100_000_000
)

# --- The number index ------------------------------------------------------------------------------

# An organization with more contacts is not read completely in the background; 0 switches the index off.
NUMBER_INDEX_MOST_CONTACTS: int = env.int("NUMBER_INDEX_MOST_CONTACTS", default=50_000)
NUMBER_INDEX_IN_BACKGROUND = True  # what passes through the gateway is taken in on a thread, not by the next search

# --- Apps, middleware and templates ----------------------------------------------------------------

INSTALLED_APPS = [
    "contacts_ui.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "contacts_ui.apps.SessionListConfig",  # allauth.usersessions
    "contacts_ui.apps.ContactsUiConfig",
]
MIDDLEWARE = [
    "contacts_ui.middleware.health.HealthMiddleware",
    "contacts_ui.middleware.machine_pages.MachinePagesMiddleware",
    "contacts_ui.middleware.security_headers.SecurityHeadersMiddleware",
    "contacts_ui.middleware.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "contacts_ui.middleware.size_limits.SizeLimitsMiddleware",
    "contacts_ui.middleware.static_files.StaticFilesMiddleware",
    "contacts_ui.middleware.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "contacts_ui.sign_in.session_timeout.SessionTimeoutMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "contacts_ui.sign_in.authentication.AuthenticationMiddleware",
    "contacts_ui.sign_in.login_required.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "contacts_ui.middleware.allowed_methods.AllowedMethodsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "contacts_ui.sign_in.provider_session.ProviderSessionMiddleware",
    "contacts_ui.sign_in.second_factor.SecondFactorMiddleware",
    "contacts_ui.middleware.step_up.StepUpMiddleware",
    "contacts_ui.middleware.error_pages.ErrorPageMiddleware",
    "contacts_ui.middleware.audit.AuditMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "NAME": "desk",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "desk"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "contacts_ui.web.jinja2.environment",
            "context_processors": ["contacts_ui.web.jinja2.one_csrf_input"],
        },
    },
    {
        "NAME": "django",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# --- Database and caches ---------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'desk.sqlite3'}")
}
DATABASE_POOL_SIZE: int = env.int("DATABASE_POOL_SIZE", default=16, low=1, high=1000)  # connections of a process
DATABASE_WAIT_SECONDS = 3.0  # for a connection
_database = DATABASES["default"]
_options: dict[str, Any] = _database.setdefault("OPTIONS", {})
if _database["ENGINE"].endswith("sqlite3"):
    # Without these, eight processes lose one write in eight to "database is locked" (bench-facts).
    _options.update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    )
    _database["CONN_MAX_AGE"] = None
else:
    # A connection pool, so that 128 threads do not need 128 connections.
    # A server that is away is an error within seconds, not after the pool's half a minute.
    _options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": DATABASE_WAIT_SECONDS}
    _options.setdefault("connect_timeout", int(DATABASE_WAIT_SECONDS))
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Background work, in the database that all hosts share (docs/decisions, 29). `manage.py desk_worker` does it.
TASKS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Contacts are cached in memory or Redis; the database holds them sealed in snapshots alone (docs/decisions, 29).
CACHE_URL: str = env.str("CACHE_URL", default="locmemcache://contacts")
if not CACHE_URL.startswith(("locmemcache://", "redis://", "rediss://")):
    raise ImproperlyConfigured("CACHE_URL must be locmemcache:// or redis://: contacts are not stored on disk")
REDIS_URL: str | None = CACHE_URL if CACHE_URL.startswith("redis") else None
if DESK_HOSTS > 1 and not REDIS_URL:
    raise ImproperlyConfigured("CACHE_URL must be set where DESK_HOSTS is more than 1: hosts count calls in one Redis")
# Values are sealed, but the password and the names of keys are not. Django takes "," and ";" for a list of servers.
_redis = urlsplit(REDIS_URL or "redis://localhost")
if REDIS_URL and set(REDIS_URL) & set(",;"):
    raise ImproperlyConfigured("CACHE_URL must name one Redis server, with , and ; in its password percent-encoded")
if _redis.scheme != "rediss" and not is_loopback(_redis.hostname or ""):
    raise ImproperlyConfigured("CACHE_URL must be rediss:// (Redis over TLS) where Redis is not on this machine")
if {"ssl_cert_reqs", "ssl_check_hostname"} & {name.lower() for name in parse_qs(_redis.query, keep_blank_values=True)}:
    raise ImproperlyConfigured("CACHE_URL must not change how the certificate of Redis is checked")
# Seals what is kept outside of the process: a key for each purpose is derived from it. Former ones still open values.
DATA_KEY: str = env.key("DATA_KEY", default=SECRET_KEY)
DATA_KEY_FALLBACKS: list[str] = env.keys("DATA_KEY_FALLBACKS")
if DATA_KEY == SECRET_KEY:
    DATA_KEY_FALLBACKS = [*DATA_KEY_FALLBACKS, *SECRET_KEY_FALLBACKS]
_memory: dict[str, Any] = {
    "BACKEND": "contacts_ui.sealing.caches.MemoryCache",
    "OPTIONS": {"MAX_ENTRIES": 1000},  # 1 KB a contact, at most 100 each
}
CACHES: dict[str, dict[str, Any]] = {  # without pickle, and sealed where they leave the process (docs/decisions, 23)
    # Shared by all processes: its counters (failed sign-ins) must hold across all of them.
    # Not in Redis: sign-in has to work when Redis does not (docs/decisions, 17).
    "default": {
        "BACKEND": "contacts_ui.sealing.caches.SealedDatabaseCache",
        "LOCATION": "desk_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
    "contacts": {
        "BACKEND": "contacts_ui.sealing.caches.SealedRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
    if REDIS_URL
    else _memory | {"LOCATION": "contacts"},
    "contacts_without_redis": _memory | {"LOCATION": "contacts_without_redis"},  # while Redis does not answer
}

# --- Static files, language and logging ------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / ".cache" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "contacts_ui.web.scripts.BundlingStorage"
    },
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site loads these files, and it would add a header to every response

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# What a Bearer header must hold for /metrics and /gateway/state/ (docs/decisions, 51); without it both are not there.
METRICS_TOKEN: str | None = env.key("METRICS_TOKEN", default="") or None

# The formatter redacts keys, numbers and query strings of every record. No mail to admins: it would contain tracebacks.
ADMINS: list[str] = []
LOG_LEVEL: str = env.choice("LOG_LEVEL", ("debug", "info", "warning", "error", "critical"), default="info").upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "contacts_ui.observability.json_logs.JsonFormatter"}},
    "handlers": {"stdout": {"()": "contacts_ui.observability.json_logs.StdoutHandler", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It logs the query string of every request.
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "urllib3": {"level": "WARNING"},
        # They log every look into the queue, and every task.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        # The logger of granian, which has a handler of its own.
        "_granian": {"handlers": [], "propagate": True},
    },
}

# --- What is checked once all settings are read ----------------------------------------------------

SECRET_FILES = env.files()
require_known_names(env.names, ENV_FILE)
