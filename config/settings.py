"""Every setting, from the environment or the file of settings. `docs/operating.md` documents each."""

import os
import sys
from pathlib import Path

from config import data_dir, env
from config.logs import logging_config
from config.mail import mail_server
from config.setting_sources import refuse_unknown_names
from volumes.backends.base import LimitMode
from volumes.backends.registry import BACKENDS, DEFAULT_BACKEND, backend_class

BASE_DIR = Path(__file__).resolve().parent.parent

# What an operator sets ------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
DATA_DIR = data_dir.location()
SECRET_KEY = env.secret_key("SECRET_KEY", DATA_DIR)
PUBLIC_URL = env.http_url("PUBLIC_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS",
    list(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", env.host_of(PUBLIC_URL)])),
)
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, most=16)
API_RATE_LIMIT = env.rates("API_RATE_LIMIT", "600/minute,6000/minute")
METRICS_TOKEN = env.token("METRICS_TOKEN", least=16)
MAIL_SERVER = mail_server("EMAIL_URL", public_host=PUBLIC_URL.hostname or "localhost")
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "holdfast.sqlite3")}

STORAGE_BACKEND = env.choice("STORAGE_BACKEND", DEFAULT_BACKEND, BACKENDS)
STORAGE_ROOT = data_dir.storage_root()
STORAGE_LIMITS = env.choice("STORAGE_LIMITS", LimitMode.AUTO, list(LimitMode))
STORAGE_OVERCOMMIT = env.optional_ratio("STORAGE_OVERCOMMIT", most=1_000_000)
RECONCILE_INLINE = env.flag("RECONCILE_INLINE", True)
VOLUME_DELETE_GRACE = env.number("VOLUME_DELETE_GRACE", 0, most=10 * 365 * 86400)
VOLUME_MAX_SIZE = env.number("VOLUME_MAX_SIZE", 16 * 1024 * 1024, least=1, most=2**40)
SNAPSHOT_WAIT = env.number("SNAPSHOT_WAIT", 3600, least=1, most=10 * 365 * 86400)
VOLUME_MAX_SNAPSHOTS = env.number("VOLUME_MAX_SNAPSHOTS", 10, most=100_000)
VOLUME_UID = env.optional_number("VOLUME_UID", most=2**32 - 2)
VOLUME_GID = env.optional_number("VOLUME_GID", most=2**32 - 2)
VOLUME_MODE = env.mode("VOLUME_MODE", 0o700)
MEASURE_EVERY = env.number("MEASURE_EVERY", 3600, most=10 * 365 * 86400)
PURGE_AFTER = env.optional_number("PURGE_AFTER", most=36_500)
HISTORY_KEEP = env.optional_number("HISTORY_KEEP", most=36_500)

refuse_unknown_names()  # every setting is read above
if storage_problem := backend_class(STORAGE_BACKEND).settings_problem(sys.modules[__name__]):
    raise SystemExit(f"holdfast: {storage_problem}")

EXECUTOR = "threads"
"""Where steps of requests run; tests choose "immediate": in the caller's thread and transaction."""

# How the parts are put together ---------------------------------------------

INSTALLED_APPS = [
    "accounts",
    "volumes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

COMMON_MIDDLEWARE = [
    "config.http.middleware.request_log",
    "config.http.middleware.public_scheme",
    "config.http.middleware.security_headers",
    "config.http.middleware.known_host",
    "config.http.middleware.reject_nul_bytes",
]
# These add the same headers to all responses.
HEADER_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
]
# What requests by token pass: an API path with Authorization and without Cookie.
BEARER_MIDDLEWARE = [
    *COMMON_MIDDLEWARE,
    "config.http.middleware.constant_headers",
    "config.http.middleware.rate_limit_headers",
    "config.http.middleware.anonymous_user",
]
MIDDLEWARE = [
    *COMMON_MIDDLEWARE,
    *HEADER_MIDDLEWARE,
    "config.http.middleware.page_query_limits",
    "config.http.middleware.rate_limit_headers",
    "config.http.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False  # the API has no trailing slashes, and a redirect would lose a body

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DATE_FORMAT, SHORT_DATE_FORMAT = "j F Y", "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT, SHORT_DATETIME_FORMAT = r"j F Y, H:i \U\T\C", "Y-m-d H:i"
MONTH_DAY_FORMAT, YEAR_MONTH_FORMAT = "j F", "F Y"

# People and their sessions --------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 12}  # type: ignore[assignment]
# One throttle counts passwords and codes alike, see accounts/auth/throttling.py.
OTP_TOTP_THROTTLE_FACTOR = 0
OTP_TOTP_ISSUER = "Holdfast"

# Mail -----------------------------------------------------------------------

EMAIL_ENABLED = MAIL_SERVER is not None
EMAIL_TIMEOUT = 5  # seconds: a person waits for the answer
if MAIL_SERVER is None:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER.use_starttls, MAIL_SERVER.use_tls
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_SERVER.sender

# Browsers -------------------------------------------------------------------

PUBLIC_IS_HTTPS = PUBLIC_URL.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_IS_HTTPS
SESSION_COOKIE_AGE = 14 * 86400
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.geturl()]
CSRF_FAILURE_VIEW = "config.http.error_responses.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 86400 if PUBLIC_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: other services live there; theirs to decide
    "security.W008",  # redirecting to HTTPS is the proxy's work; health checks come over plain HTTP
    "security.W021",  # HSTS preloading: cannot be taken back, so never by default
]

# `serve` publishes static files before its workers start. Anywhere else (in tests, or with DEBUG) they
# are served as they are in the packages and templates.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STATIC_ROOT = os.environ.get("HOLDFAST_STATIC_ROOT")
STORAGES = {
    "staticfiles": {
        "BACKEND": "config.http.static_files.HashedStaticFiles"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_MAX_AGE = 60  # of the plain names; those with a digest are kept for a year
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has any business with them

# The API --------------------------------------------------------------------

MAX_BODY = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.auth.authentication.BearerAuthentication",  # first, so that a 401 names its scheme
        "accounts.auth.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["volumes.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["volumes.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "volumes.api.renderers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "volumes.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(debug=DEBUG)

SPECTACULAR_SETTINGS = {
    "TITLE": "Holdfast",
    "DESCRIPTION": (
        "Persistent volumes as a service. Sizes are in MB, meaning MiB (2**20 bytes), everywhere. "
        "Times are in UTC. The same paths are also served below `/api/v1`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    # The package's own, out of the module that first loads the descriptions: for `check --deploy`.
    "DEFAULT_GENERATOR_CLASS": "volumes.api.openapi.document.RootPathsGenerator",
    "SERVERS": [{"url": "/"}],
    "SORT_OPERATIONS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # it repeats each value as its own description
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_NAME_OVERRIDES": {
        "VolumeStatus": "volumes.models.VolumeStatus",
        "SnapshotStatus": "volumes.models.SnapshotStatus",
        "Consistency": "volumes.models.Consistency",
    },
}
