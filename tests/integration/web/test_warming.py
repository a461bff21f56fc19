"""What a server does before its first page is asked for."""

import gc
import sys
from collections.abc import Iterator

import pytest
from django.db import DatabaseError

from keepers.web import starting, warming
from keepers.web.warming import make_warm

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector() -> Iterator[None]:
    """Whatever is set aside is looked through again afterwards."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_python_never_looks_for_garbage_among_what_is_loaded_before_the_first_page() -> None:
    make_warm()
    looked_through = {id(each) for each in gc.get_objects()}
    assert id(sys.modules["keepers.crm.portfolio.views"].__dict__) not in looked_through
    assert gc.get_freeze_count() > 10 * len(looked_through)


def away(**_: object) -> None:
    raise DatabaseError("database is locked")


@pytest.mark.usefixtures("collector")
def test_where_the_database_is_away_a_process_still_becomes_ready(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(warming, "make_warm_for_the_pages", away)
    monkeypatch.setattr(starting, "ask_for_what_waits", away)
    make_warm()
    starting.ask_beside_others()
    assert gc.get_freeze_count() > 0
    assert [message.rpartition(": ")[2] for message in caplog.messages] == ["database is locked"] * 2
