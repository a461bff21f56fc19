"""Users and their teams, what roles may do, what was done, and the links that let the first one in."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from keepers.crm.people.roles import Noun, Role, Scope, Verb


class UserManager(BaseUserManager["User"]):
    """Makes users by their e-mail address."""

    def create_user(self, email: str, *, name: str = "", password: str | None = None, **more: Any) -> "User":
        """A user who may sign in; without a password only a link lets them in."""
        user = self.model(email=self.normalize_email(email).lower(), name=name, **more)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of this address, however it is written."""
        return self.get(email__iexact=username)


class Team(models.Model):
    """People who work together; whoever may act for a team may act for those below it."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="below")

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who works here."""

    class Theme(models.TextChoices):
        """Light, dark, or whatever the device prefers."""

        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.READ_ONLY)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="members")
    is_active = models.BooleanField(_("may sign in"), default=True)
    came_by = ""  # in this request, for the audit log: `AuditEntry.Via`; empty for a page
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_administrator(self) -> bool:
        """Whether they own the workspace: its data, its settings and its people."""
        return self.role == Role.OWNER

    @property
    def initials(self) -> str:
        """Two letters for the corner of the page."""
        words = (self.name or self.email).replace(".", " ").replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class Grant(models.Model):
    """What an owner decided about a role; where there is no row, `roles.DEFAULTS` holds."""

    role = models.CharField(max_length=20, choices=Role)
    noun = models.CharField(max_length=20, choices=Noun)
    verb = models.CharField(max_length=10, choices=Verb)
    scope = models.PositiveSmallIntegerField(choices=Scope)

    class Meta:
        """One decision a role, noun and verb."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["role", "noun", "verb"], name="one_grant_a_verb")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.verb} {self.noun}: {self.scope}"


class FieldRule(models.Model):
    """A field that a role does not see, or sees and does not change."""

    class Access(models.TextChoices):
        """What is left to the role."""

        HIDDEN = "hidden", _("not seen")
        READ = "read", _("seen, not changed")

    role = models.CharField(max_length=20, choices=Role)
    noun = models.CharField(max_length=20, choices=Noun)
    field = models.CharField(max_length=80)
    access = models.CharField(max_length=6, choices=Access)

    class Meta:
        """One rule a role and field."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["role", "noun", "field"], name="one_rule_a_field")
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.noun}.{self.field}: {self.access}"


class AuditEntry(models.Model):
    """Something that was done: by whom, to what, and what changed. Rows are only ever added."""

    class Via(models.TextChoices):
        """The way it came."""

        PAGE = "page", _("page")
        API = "api", _("API")
        IMPORT = "import", _("import")
        SIGN_IN = "sign-in", _("sign-in")
        COMMAND = "command", _("command line")
        RULE = "rule", _("rule")
        WEB = "web", _("form on a site")

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )  # no row is touched when somebody goes
    actor_name = models.CharField(max_length=254, blank=True)
    via = models.CharField(max_length=10, choices=Via, default=Via.PAGE)
    verb = models.CharField(max_length=40)  # create, edit, delete, export, merge, sign-in …
    noun = models.CharField(max_length=40)
    thing = models.CharField(max_length=64, blank=True)  # the primary key of what it was done to
    thing_name = models.CharField(max_length=255, blank=True)
    changes: models.JSONField[Any, Any] = models.JSONField(default=dict)  # field → [before, after], or counts
    told_at = models.DateTimeField(null=True)  # when programs that listen were to be told; null: they still are

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["noun", "thing"], name="audit_of_a_thing"),
            models.Index(fields=["id"], condition=models.Q(told_at=None), name="audit_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.verb} {self.noun} {self.thing_name}"


class ApiToken(models.Model):
    """A key by which a program acts for somebody, within a role, some nouns and verbs. Only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    nouns: models.JSONField[Any, Any] = models.JSONField(default=list)
    verbs: models.JSONField[Any, Any] = models.JSONField(default=list)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)  # how it begins, to tell tokens apart
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.name


class WelcomeLink(models.Model):
    """A link that lets somebody in once: the first owner, whoever was invited, or a visitor of the demo.

    Only the token's hash is kept.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    for_demo = models.BooleanField(default=False)
    for_user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="welcome_links")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"welcome link of {self.created_at:%Y-%m-%d %H:%M}"
