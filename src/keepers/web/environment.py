"""The settings that the environment gives, each with its type, its default and what to do when it is wrong."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from keepers.core.errors import KeepersError
from keepers.crm.people.roles import Role
from keepers.crm.people.sign_in.identity import Provider
from keepers.loop.workspace import Workspace
from keepers.warehouse.lock import WriterLock

START_LOCK = "start.lock"  # held while a process readies the workspace for the pages
TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})


class SettingError(KeepersError):
    """A variable of the environment cannot be used."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes our letters, and whom they come from.

    host: empty where there is none
    secured_first: encrypted from the first byte
    secured_then: encrypted once the connection stands
    """

    sender: str
    backend: str = "django.core.mail.backends.console.EmailBackend"
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    secured_first: bool = False
    secured_then: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of the web app.

    KEEPERS_HOME: the workspace's folder
    KEEPERS_SECRET_KEY: signs sessions and links; otherwise made at the first start and kept in the workspace
    KEEPERS_HOSTS: names that the app is reached by, separated by commas
    KEEPERS_DEBUG: developer's pages: tracebacks and the gallery of components
    KEEPERS_HTTPS: the app is reached by https only (behind a proxy that ends it)
    DATABASE_URL: PostgreSQL instead of the workspace's SQLite file
    KEEPERS_OIDC_URL: an identity provider by which people sign in (OpenID Connect), without /.well-known
    KEEPERS_OIDC_CLIENT: what it knows Keepers by
    KEEPERS_OIDC_SECRET: the secret between the two
    KEEPERS_OIDC_NAME: what the button at the door calls it
    KEEPERS_OIDC_DOMAIN: whoever has an address there may come without an invitation
    KEEPERS_OIDC_ROLE: what they are then; read-only unless it says otherwise
    KEEPERS_OIDC_TRUST_EMAIL: addresses count that the provider does not call verified
    KEEPERS_SMTP_URL: the server that takes our mail
    KEEPERS_MAIL_FROM: whom our mail comes from
    KEEPERS_WEBHOOK_HOSTS: hosts of the own network that webhooks may tell, separated by commas
    """

    variables: Mapping[str, str]

    @classmethod
    def of_process(cls) -> "Environment":
        """This process's own variables."""
        return cls(os.environ)

    @property
    def workspace(self) -> Workspace:
        """The workspace that KEEPERS_HOME names."""
        return Workspace.named_by(self.variables)

    @property
    def debug(self) -> bool:
        """Whether developer's pages are shown."""
        return self._switch("KEEPERS_DEBUG")

    @property
    def https(self) -> bool:
        """Whether cookies are for https only."""
        return self._switch("KEEPERS_HTTPS")

    @property
    def hosts(self) -> list[str]:
        """Names that the app answers to."""
        return [*self._names("KEEPERS_HOSTS"), "localhost", "127.0.0.1", "[::1]"]

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """Hosts of the own network that webhooks may tell."""
        return frozenset(name.lower() for name in self._names("KEEPERS_WEBHOOK_HOSTS"))

    @property
    def secret_key(self) -> str:
        """The key that signs; made once for a workspace, readable by its owner only."""
        if given := self.variables.get("KEEPERS_SECRET_KEY"):
            return given
        path = self.workspace.folder / "secret-key"
        if not path.exists() or not path.stat().st_size:
            self._write_once(path, secrets.token_urlsafe(50))
        return path.read_text(encoding="utf-8")

    @property
    def database(self) -> dict[str, Any]:
        """Django's entry for the app database."""
        if url := self.variables.get("DATABASE_URL"):
            return _postgresql(url)
        return sqlite(self.workspace.app_database)

    @property
    def mail(self) -> MailServer:
        """Who takes our letters; without a server they are printed by the process that would send them."""
        sender = self._text("KEEPERS_MAIL_FROM")
        if url := self._text("KEEPERS_SMTP_URL"):
            return _smtp(url, sender)
        return MailServer(sender=sender or "keepers@localhost")

    @property
    def provider(self) -> Provider | None:
        """The identity provider by which people sign in."""
        url = self._text("KEEPERS_OIDC_URL").rstrip("/").removesuffix("/.well-known/openid-configuration")
        if not url:
            return None
        client, secret = self._text("KEEPERS_OIDC_CLIENT"), self._text("KEEPERS_OIDC_SECRET")
        if not client or not secret:
            raise SettingError(
                "KEEPERS_OIDC_URL names an identity provider, so KEEPERS_OIDC_CLIENT and KEEPERS_OIDC_SECRET must say "
                "what it knows Keepers by."
            )
        role = self._text("KEEPERS_OIDC_ROLE") or Role.READ_ONLY
        if role not in Role.values:
            raise SettingError(f'KEEPERS_OIDC_ROLE is "{role}"; write one of {", ".join(Role.values)}.')
        return Provider(
            url=url,
            client=client,
            secret=secret,
            name=self._text("KEEPERS_OIDC_NAME") or "OpenID",
            domain=self._text("KEEPERS_OIDC_DOMAIN").removeprefix("@"),
            role=Role(role),
            trusts_addresses=self._switch("KEEPERS_OIDC_TRUST_EMAIL"),
        )

    def _text(self, name: str) -> str:
        return self.variables.get(name, "").strip()

    def _names(self, name: str) -> list[str]:
        return [each.strip() for each in self.variables.get(name, "").split(",") if each.strip()]

    def _switch(self, name: str) -> bool:
        value = self._text(name).lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise SettingError(f'{name} is "{value}"; write 1 or 0.')

    def _write_once(self, path: Path, text: str) -> None:
        """Whole or not at all, and the same for processes that start at the same time."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with WriterLock(path.parent / START_LOCK, timeout=10.0).held():
                if path.exists() and path.stat().st_size:
                    return  # another process was first
                unfinished = path.with_name(f".{path.name}")
                unfinished.unlink(missing_ok=True)
                descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                unfinished.replace(path)
        except OSError as error:
            raise SettingError(
                f"The workspace {path.parent} cannot be written ({error.strerror}). Name another in KEEPERS_HOME."
            ) from error


def sqlite(path: Path) -> dict[str, Any]:
    """One file: readers never wait for the writer, and a writer waits for the one before it."""
    pragmas = (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "wal_autocheckpoint=8000",  # 32 MB: pages that change again and again are brought to their places once
        "journal_size_limit=134217728",  # the log of a large import does not stay as large
        "cache_size=-65536",
        "mmap_size=2147418112",  # the most that SQLite takes: a large file is read where it lies, not copied
        "temp_store=MEMORY",
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas),
        },
        "CONN_MAX_AGE": None,
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SettingError(
            "DATABASE_URL is not understood. Write postgresql://user:password@host:5432/name, or leave it out."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


def _smtp(url: str, sender: str) -> MailServer:
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingError(
            "KEEPERS_SMTP_URL is not understood. Write smtp://user:password@host:587 (the connection is secured once "
            "it stands), smtps://user:password@host:465, or smtp://localhost:25 for a server on this machine."
        )
    if "@" not in sender:
        raise SettingError("KEEPERS_MAIL_FROM is missing. Name the address that our mail comes from: shop@example.com.")
    secured = parts.scheme == "smtps"
    return MailServer(
        sender=sender,
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or (465 if secured else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        secured_first=secured,
        secured_then=not secured and parts.hostname not in {"localhost", "127.0.0.1", "::1"},
    )
