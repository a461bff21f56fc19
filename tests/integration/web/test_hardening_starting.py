"""What a start does when it is not alone, when the database is another version's, and when a disk refuses."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from database_shape import shape_of
from django.conf import settings as app_settings
from django.core import mail
from django.core.cache import caches
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.people.models import User
from keepers.loop.workspace import Workspace
from keepers.web.environment import Environment
from keepers.web.middleware import ErrorPages, broken
from keepers.web.starting import AppDatabaseError, NewerDatabaseError, make_ready
from tests.e2e.serving import environment

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
READY = (
    "from datetime import UTC, datetime; from keepers.web.starting import make_ready; "
    "make_ready(print, at=datetime.now(UTC))"
)
STEP_BY_STEP = (
    "import django; django.setup(); "
    "from django.core.management import call_command; from django.core.management.commands import migrate; "
    "call_command(migrate.Command(), verbosity=0)"
)


@pytest.fixture
def newer_database() -> Iterator[None]:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("people", "9999_tomorrow")
    yield
    recorder.record_unapplied("people", "9999_tomorrow")


@pytest.fixture
def few_tries() -> Iterator[None]:
    caches["default"].clear()
    yield
    caches["default"].clear()


@pytest.mark.usefixtures("newer_database")
def test_a_database_of_a_newer_version_is_refused_before_anything_is_changed() -> None:
    with pytest.raises(NewerDatabaseError, match=r"people 9999_tomorrow.*Install that version again"):
        make_ready(print, at=NOON)


def test_processes_that_start_together_make_one_database_and_one_key(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    other.mkdir()
    starts = [
        subprocess.Popen([sys.executable, "-c", READY], env=environment(home), stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    subprocess.run([sys.executable, "-c", STEP_BY_STEP], env=environment(other), check=True)
    for start in starts:
        _, told = start.communicate(timeout=120)
        assert start.returncode == 0, told
    assert shape_of(home) == shape_of(other)  # made at once, it has all that migrations make one after the other
    key = home / "secret-key"
    for held_back in (key, *home.glob("app.sqlite3")):  # what signs, and what holds people's names
        assert stat.S_IMODE(held_back.stat().st_mode) == 0o600, held_back.name
    assert len(key.read_text()) > 50
    assert not list(home.glob(".secret-key*"))


def test_half_a_key_of_a_start_that_died_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    first, second = (Environment({"KEEPERS_HOME": str(tmp_path)}).secret_key for _ in range(2))
    assert len(first) > 50
    assert first == second


@pytest.mark.usefixtures("few_tries")
def test_failed_sign_ins_are_counted_for_all_processes_together() -> None:
    User.objects.create_user("alice@example.com", password="correct horse battery")
    wrong = {"login": "alice@example.com", "password": "guess"}
    for _ in range(5):
        Client().post(reverse("account_login"), wrong)
    refused = Client().post(reverse("account_login"), wrong | {"password": "correct horse battery"})
    assert "Too many failed login attempts" in refused.content.decode()
    assert list((app_settings.WORKSPACE.folder / "cache").iterdir())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("database is locked"), "Try again in a moment."),
        (OperationalError("attempt to write a readonly database"), "Make room or mend its rights"),
        (OperationalError("database or disk is full"), "Make room or mend its rights"),
        (OSError(28, "No space left on device"), "Make room or mend its rights"),
        (PermissionError(13, "Permission denied"), "Make room or mend its rights"),
    ],
)
def test_what_the_disk_refuses_is_said_in_words(error: Exception, told: str) -> None:
    request = RequestFactory().post("/customers/1/name/")
    request.user = User.objects.create_user("alice@example.com")
    page = ErrorPages(lambda _request: pytest.fail("not called")).process_exception(request, error)
    assert page is not None
    assert page.status_code == 503
    assert told in page.content.decode()


def test_a_database_that_cannot_even_be_opened_is_said_on_the_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_it() -> None:
        raise OperationalError("disk I/O error")

    try:
        open_it()
    except OperationalError:
        page = broken(RequestFactory().get("/"))

        def unreadable() -> str:
            raise OSError("disk I/O error")

        monkeypatch.setattr("keepers.web.middleware.stylesheet_url", unreadable)
        plain = broken(RequestFactory().get("/"))
    assert (page.status_code, plain.status_code) == (500, 500)
    assert all("Make room or mend its rights" in each.content.decode() for each in (page, plain))
    assert plain["Content-Type"] == "text/plain; charset=utf-8"


def test_a_folder_that_cannot_be_written_is_told_at_the_start(settings: Settings, tmp_path: Path) -> None:
    settings.WORKSPACE = Workspace(tmp_path)
    (tmp_path / "start.lock").mkdir()  # stands for a folder that refuses
    with pytest.raises(AppDatabaseError, match="Look at the rights and the room of its disk"):
        make_ready(print, at=NOON)


def test_other_mistakes_stay_mistakes() -> None:
    pages = ErrorPages(lambda _request: pytest.fail("not called"))
    assert pages.process_exception(RequestFactory().get("/"), OperationalError("no such table: x")) is None
    assert pages.process_exception(RequestFactory().get("/"), FileNotFoundError(2, "gone")) is None


@pytest.mark.usefixtures("few_tries")
def test_nobody_changes_an_address_by_hand_or_has_mail_sent_to_strangers(client: Client) -> None:
    Client().post(reverse("account_reset_password"), {"email": "stranger@example.com"})
    assert mail.outbox == []
    client.force_login(User.objects.create_user("alice@example.com"))
    for answer in (client.get("/account/email/"), client.post("/account/email/", {"email": "m@example.com"})):
        assert answer.headers["Location"] == reverse("account_change_password")
