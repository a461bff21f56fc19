"""Django's settings, made from `environment`; nothing is read from anywhere else."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from keepers.web.environment import Environment

ENVIRONMENT = Environment.of_process()
WORKSPACE = ENVIRONMENT.workspace

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.hosts
DATABASES = {"default": ENVIRONMENT.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "keepers.web.urls"
WSGI_APPLICATION = "keepers.web.wsgi.application"

INSTALLED_APPS = [
    "keepers.web",
    "keepers.crm.lists",
    "keepers.crm.people",
    "keepers.crm.api",
    "keepers.crm.jobs",
    "keepers.crm.customers",
    "keepers.crm.customers.timeline",
    "keepers.crm.customers.capture",
    "keepers.crm.customers.exchange",
    "keepers.crm.customers.duplicates",
    "keepers.crm.customers.holding",
    "keepers.crm.portfolio",
    "keepers.crm.portfolio.surveys",
    "keepers.crm.work",
    "keepers.crm.approvals",
    "keepers.crm.data",
    "keepers.crm.inbox",
    "keepers.crm.webhooks",
    "keepers.crm.privacy",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_cotton",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "lucide",
]

ROLL_UPS = [
    "keepers.crm.portfolio.rolled_up.ORDERS",
    "keepers.crm.portfolio.rolled_up.FIGURES",
    "keepers.crm.customers.timeline.rolled_up.TOUCHES",
    "keepers.crm.work.rolled_up.TASKS",
]
"""What each desk says can be rolled up for a customer."""

LISTS_OF_CUSTOMERS = {
    "everybody": "keepers.crm.customers.everybody.matching",
    "customers": "keepers.crm.portfolio.asked.matching",
}
"""The lists all of whose customers can be changed at once, by the names of their pages."""

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "keepers.web.middleware.ErrorPages",
    "keepers.crm.entrance.Entrance",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "keepers.web.templatetags.icons",
                "keepers.web.templatetags.words",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "keepers.web.context.shell",
            ],
        },
    }
]

FORM_RENDERER = "keepers.web.widgets.FieldRenderer"

# Who may come in
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_ADAPTER = "keepers.crm.people.sign_in.adapter.ClosedDoor"
ACCOUNT_FORMS = {
    "login": "keepers.crm.people.sign_in.forms.SignInForm",
    "reset_password": "keepers.crm.people.sign_in.forms.ForgottenForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever is here was invited by their address
MFA_TOTP_ISSUER = "Keepers"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail from us

OIDC = ENVIRONMENT.provider
SOCIALACCOUNT_ADAPTER = "keepers.crm.people.sign_in.providers.Invited"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form could not lead to another host: the policy forbids it
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC.name,
                "client_id": OIDC.client,
                "secret": OIDC.secret,
                "settings": {"server_url": OIDC.url},
            }
        ]
        if OIDC
        else [],
    }
}

# Failed sign-ins are counted for all processes together
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": WORKSPACE.folder / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# What a browser may do with our pages
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
X_FRAME_OPTIONS = "DENY"

# Files and languages
STATIC_URL = "/static/"
STATIC_ROOT = Path(__file__).parent / "static"
WHITENOISE_USE_FINDERS = True  # the packages' own folders are served as they lie: there is nothing to collect
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 2**20  # 10,000 rows for the API, or a file of 25 MB with its Idempotency-Key
FILE_UPLOAD_TEMP_DIR = None
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# Work that a page does not wait for
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Programs that are told of what happens
AFTER_AUDIT = "keepers.crm.webhooks.telling.ask_where_somebody_listens"
NOT_TO_PROPOSE = "keepers.crm.approvals.barring.barred_on"
WEBHOOK_HOSTS = ENVIRONMENT.webhook_hosts

# Letters
EMAIL_BACKEND = ENVIRONMENT.mail.backend
EMAIL_HOST, EMAIL_PORT = ENVIRONMENT.mail.host, ENVIRONMENT.mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.user, ENVIRONMENT.mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = ENVIRONMENT.mail.secured_first, ENVIRONMENT.mail.secured_then
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail.sender
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
