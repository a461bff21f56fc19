"""What two people ask for at the same moment is done once, and what leaves as a file runs nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from desk import Desk, open_desk, work
from pytest_django.fixtures import Settings

from keepers.cli.serve import answer_to
from keepers.crm.data import actions
from keepers.crm.data.models import Upload
from keepers.crm.jobs.models import Job
from keepers.loop.exports import spreadsheet_safe
from keepers.web.environment import Environment
from tests.integration.shops import shop

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def test_an_import_that_two_windows_ask_for_lands_by_one_job(desk: Desk, tmp_path: Path) -> None:
    upload = desk.upload(shop(customers=20).write(tmp_path / "orders.csv"))
    desk.check(upload)
    seen_by = [Upload.objects.get(pk=upload.pk) for _ in range(2)]  # each before the other asked
    jobs = [actions.start_landing(each, by=desk.user, at=NOON) for each in seen_by]
    assert jobs[0] == jobs[1]
    work()
    assert [job.state for job in Job.objects.filter(kind=Job.Kind.LANDING)] == [Job.State.DONE]
    late = actions.start_landing(upload, by=desk.user, at=NOON)  # a window from before it landed
    assert late == jobs[0]


def test_texts_of_every_kind_of_column_are_no_formulas_in_a_spreadsheet() -> None:
    plain = pa.array(["=1+1", "tea", None, "@x", "\tx"])
    rows = pa.table({
        "plain": plain,
        "large": plain.cast(pa.large_string()),
        "view": plain.cast(pa.string_view()),
        "coded": plain.dictionary_encode(),
    })  # fmt: skip
    for name, column in spreadsheet_safe(rows).to_pydict().items():
        assert column == ["'=1+1", "tea", None, "'@x", "'\tx"], name


@pytest.mark.parametrize(
    ("host", "name"), [("192.0.2.7", "192.0.2.7"), ("::1", "[::1]"), ("shop.example", "shop.example")]
)
def test_the_app_answers_to_the_address_that_it_listens_on(
    monkeypatch: pytest.MonkeyPatch, host: str, name: str
) -> None:
    monkeypatch.setenv("KEEPERS_HOSTS", "keepers.example")
    answer_to(host)
    assert Environment.of_process().hosts[:2] == ["keepers.example", name]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_listening_everywhere_is_no_reason_to_answer_to_every_name(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.delenv("KEEPERS_HOSTS", raising=False)
    answer_to(host)
    assert Environment.of_process().hosts == ["localhost", "127.0.0.1", "[::1]"]
