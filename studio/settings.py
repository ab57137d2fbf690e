"""Settings of every process of the Studio. What a host may change comes from the environment (docs/architecture.md)."""

import os
from datetime import timedelta
from pathlib import Path

from studio.environment import database_from_url, email_from_url, networks, number, run_dir, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
STUDIO_HOME = Path(os.environ.get("STUDIO_HOME") or BASE_DIR / "var").resolve()
STUDIO_PORT = number("STUDIO_PORT", 8000)
STUDIO_BIND = os.environ.get("STUDIO_BIND") or "127.0.0.1"
ENGINE_PORT = number("ENGINE_PORT", 8001)
ENGINE_URL = os.environ.get("ENGINE_URL") or f"http://127.0.0.1:{ENGINE_PORT}"
CREDENTIALS_FILE = STUDIO_HOME / "credentials.json"
RUN_DIR = run_dir(STUDIO_HOME)  # sockets

SECRET_KEY = secret_key(STUDIO_HOME)
STUDIO_STRICT = os.environ.get("STUDIO_STRICT") == "1"  # a view without a permission is an error, not a refusal
DEBUG = os.environ.get("STUDIO_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("STUDIO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("STUDIO_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_rq",
    "ninja",
    "axes",
    "catalog",
    "engine",
    "jobs",
    "registry",
    "areas.datasets",
    "areas.endpoints",
    "areas.model_registry",
    "areas.model_cards",
    "areas.experiments",
    "areas.lineage",
    "areas.reports",
    "areas.tuning",
    "areas.costs",
    "areas.debugger",
    "studio",
]

if os.environ.get("STUDIO_PART") == "engine":
    # The engine's two processes load no pages, no REST and no RQ: that halves their memory.
    INSTALLED_APPS = [
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "catalog",
        "engine",
        "areas.endpoints",
        "areas.experiments",
        "areas.lineage",
        "areas.tuning",
        "registry",
        "areas.model_registry",
        "areas.model_cards",
        "areas.costs",
        "areas.debugger",
    ]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "studio.people.sessions.only_open_sessions",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studio.middleware.content_security_policy",
    "studio.middleware.addresses_without_nul",
    "studio.middleware.who_acts",
    "studio.middleware.current_connection",
    "axes.middleware.AxesMiddleware",
    "studio.access.PermissionsDeclared",
]

ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "studio.ui.templatetags.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.ui.context.shell",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL"), STUDIO_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{RUN_DIR}/redis.sock"
RQ_QUEUES = {name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 600} for name in ("default", "slow", "notify")}

# How many jobs the embedded engine runs at once, and how many RQ workers make run starts.
ENGINE_SLOTS = number("ENGINE_SLOTS", os.cpu_count() or 2)
# How many model servers all endpoints may ask for together, and how long one has until its first good /ping.
ENGINE_INSTANCES = int(os.environ.get("ENGINE_INSTANCES") or max(8, 2 * (os.cpu_count() or 2)))
ENGINE_PING_SECONDS = float(os.environ.get("ENGINE_PING_SECONDS") or 240)
STUDIO_WORKERS = number("STUDIO_WORKERS", 1)

# E-mail is off until STUDIO_EMAIL_URL names a server; links in it begin with STUDIO_URL.
STUDIO_URL = (os.environ.get("STUDIO_URL") or f"http://localhost:{STUDIO_PORT}").rstrip("/")
EMAIL_URL = os.environ.get("STUDIO_EMAIL_URL", "")
DEFAULT_FROM_EMAIL = os.environ.get("STUDIO_EMAIL_FROM") or "atelier@localhost"
globals().update(email_from_url(EMAIL_URL))
# Networks of our own that webhooks may be sent into: "10.1.0.0/16,127.0.0.0/8".
WEBHOOK_ALLOW = networks("STUDIO_WEBHOOK_ALLOW")

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": number("STUDIO_PASSWORD_LENGTH", 12)}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# After so many wrong passwords for a user name from an address, no more are taken from there for a while (docs/people.md).
AXES_FAILURE_LIMIT = number("STUDIO_LOCK_AFTER", 5)
AXES_COOLOFF_TIME = timedelta(minutes=number("STUDIO_LOCK_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "studio.people.sign_in.locked_page"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are in the audit log
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# Signing in by OpenID Connect too, if an issuer is named (docs/people.md).
OIDC_ISSUER = os.environ.get("STUDIO_OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = os.environ.get("STUDIO_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = os.environ.get("STUDIO_OIDC_CLIENT_SECRET", "")
OIDC_NAME = os.environ.get("STUDIO_OIDC_NAME") or "single sign-on"
OIDC_SCOPES = os.environ.get("STUDIO_OIDC_SCOPES") or "openid profile email"
OIDC_GROUPS_CLAIM = os.environ.get("STUDIO_OIDC_GROUPS_CLAIM", "")
OIDC_ALLOWED_DOMAINS = [one.lower() for one in os.environ.get("STUDIO_OIDC_ALLOWED_DOMAINS", "").split(",") if one]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = STUDIO_URL.startswith("https://")
CSRF_FAILURE_VIEW = "studio.pages.errors.csrf_failed"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "studio.ui.finders.PackageFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"/vendor/"  # names that carry a version
FILE_UPLOAD_TEMP_DIR = None
DATASET_UPLOAD_LIMIT = int(os.environ.get("DATASET_UPLOAD_LIMIT") or 5_000_000_000)  # bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
STUDIO_RATE_LIMIT = number("STUDIO_RATE_LIMIT", 6000)  # REST requests a minute, for each token

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"axes": {"level": "WARNING"}},  # each sign-in is in the audit log
    "root": {"handlers": ["console"], "level": os.environ.get("STUDIO_LOG_LEVEL", "INFO")},
}
