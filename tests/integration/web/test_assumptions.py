"""Settings: what valuations take for granted, who changed it, and what a change would do before it is made."""

from pathlib import Path

import pytest
from desk import Desk, open_desk, work
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.core.periods import Period, TimeUnit
from keepers.crm.data.models import AssumptionSet
from keepers.crm.data.queries import current_assumptions, current_request, current_set, fields_of, runs
from keepers.crm.jobs.models import Job
from keepers.crm.portfolio.publishing.publish import publish_newest
from keepers.loop.requests import RunRequest
from keepers.loop.runs import compute_run, keep_run
from keepers.valuation.assumptions import Assumptions
from tests.integration.shops import shop

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {
    "margin": "30", "annual_discount": "10", "horizon": "52w", "value_cap": "5y", "unit": "week", "model": "auto",
    "currency": "", "holdout": "", "spend": "auto", "by": [], "cost_to_serve": "", "then": "save",
}  # fmt: skip


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


@pytest.fixture
def bob(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "bob@example.com", is_administrator=False)


def test_the_defaults_are_those_of_the_command_line(desk: Desk) -> None:
    assumed = current_assumptions()
    assert (assumed.margin, assumed.annual_discount, str(assumed.horizon), str(assumed.value_cap)) == (
        0.3, 0.1, "52w", "5y",
    )  # fmt: skip
    assert (assumed.unit, assumed.currency, assumed.model) == (TimeUnit.WEEK, None, "auto")
    assert current_request().holdout_days is None
    assert "these are the defaults" in desk.page("assumptions")


def test_a_change_counts_from_then_on_and_keeps_who_made_it(desk: Desk) -> None:
    desk.client.post(reverse("assumptions"), FORM | {"margin": "42.5", "currency": "eur", "holdout": "13W"})
    desk.client.post(reverse("assumptions"), FORM | {"margin": "42.5", "currency": "eur", "holdout": "none"})
    assert (current_assumptions().margin, current_assumptions().currency) == (0.425, "EUR")
    assert current_request().holdout_days == 0
    assert AssumptionSet.objects.count() == 2
    page = " ".join(desk.page("assumptions").split())
    assert "Alice" in page
    assert "Margin 30 % → 42.5 %; Currency the orders’ own → EUR" in page
    assert "Hold-out 13 weeks → none" in page


def test_who_customers_are_what_they_spend_and_what_they_cost_are_assumptions_too(desk: Desk) -> None:
    chosen = {"by": ["channel", "segment"], "spend": "gamma-gamma", "cost_to_serve": "12.5"}
    desk.client.post(reverse("assumptions"), FORM | chosen)
    assumed = current_assumptions()
    assert (assumed.by, assumed.spend, assumed.cost_to_serve) == (("channel", "segment"), "gamma-gamma", 12.5)
    page = " ".join(desk.page("assumptions").split())
    assert "Told apart by nothing → segment, channel" in page.replace("channel, segment", "segment, channel")
    assert "Model of spend the best on past orders → gamma-gamma" in page
    assert "Cost to serve, a year – → 12.5" in page


def test_saving_what_counts_already_writes_nothing(desk: Desk) -> None:
    desk.client.post(reverse("assumptions"), FORM)
    assert AssumptionSet.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"margin": "0"}, "greater than or equal to 0.01"),
        ({"margin": "130"}, "less than or equal to 100"),
        ({"horizon": "soon"}, "“soon” is not a length of time".replace("“", "&quot;").replace("”", "&quot;")),
        ({"holdout": "3"}, "is not a length of time"),
        ({"currency": "Euro"}, "Write three letters, such as EUR."),
        ({"model": "magic"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words(desk: Desk, wrong: dict[str, str], sentence: str) -> None:
    refused = desk.client.post(reverse("assumptions"), FORM | wrong)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert AssumptionSet.objects.count() == 0


def test_what_a_change_would_do_is_shown_before_it_is_made(desk: Desk, tmp_path: Path) -> None:
    desk.bring(shop(customers=120).write(tmp_path / "orders.csv"))
    desk.client.post(reverse("new_run"))
    work()
    asked = desk.client.post(reverse("assumptions"), FORM | {"margin": "15", "then": "preview"})
    work()
    address = asked.headers["Location"]
    page = " ".join(desk.client.get(address).content.decode().split())
    assert "Margin 30 % → 15 %." in page
    assert "−50.0 %" in page
    assert len(runs()) == 1
    assert AssumptionSet.objects.count() == 0
    before, after = (
        Job.objects.get(kind=Job.Kind.PREVIEW).result[name]["totals"]["residual_value"] for name in ("before", "after")
    )
    assert after["mean"] == pytest.approx(before["mean"] / 2)
    assert after["high"] == pytest.approx(before["high"] / 2)
    desk.client.post(address, {"then": "save"})
    assert current_assumptions().margin == 0.15
    assert "This was saved since" in desk.client.get(address).content.decode()


def test_who_is_no_administrator_reads_them_only(bob: Desk) -> None:
    page = bob.page("assumptions")
    assert "Only administrators may change these." in page
    assert 'name="margin"' not in page
    assert "Change the password" in page
    assert bob.client.post(reverse("assumptions"), FORM | {"margin": "50"}).status_code == 403
    assert AssumptionSet.objects.count() == 0


def test_orders_in_several_currencies_are_converted_once_the_rates_are_there(desk: Desk, tmp_path: Path) -> None:
    lines = [
        f"C{n % 30},2024-{1 + n % 9:02}-{1 + n % 27:02},{20 + n % 7},{'EUR' if n % 2 else 'USD'}" for n in range(200)
    ]
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join(["customer_id,order_date,amount,currency", *lines]), encoding="utf-8")
    desk.bring(orders)
    desk.client.post(reverse("assumptions"), FORM | {"currency": "EUR", "holdout": "none"})
    rates = SimpleUploadedFile("rates.csv", b"date,currency,rate\n2024-01-01,USD,0.9\n")
    kept = desk.client.post(reverse("rates"), {"rates": rates}, follow=True).content.decode()
    assert "USD to EUR: 1 rate from 1 Jan 2024." in kept
    desk.client.post(reverse("new_run"))
    work()
    assert [run["currency"] for run in runs()] == ["EUR"]


def test_a_rate_table_that_is_none_is_refused_in_words(desk: Desk) -> None:
    wrong = SimpleUploadedFile("rates.csv", b"when,what\n2024-01-01,USD\n")
    refused = desk.client.post(reverse("rates"), {"rates": wrong})
    assert refused.status_code == 422
    assert "The rate table rates.csv cannot be read" in refused.content.decode()
    assert "It must be a CSV with the columns date" in refused.content.decode()


def test_before_anybody_sets_any_the_assumptions_are_those_of_the_run_shown(desk: Desk, tmp_path: Path) -> None:
    desk.bring(shop(customers=120).write(tmp_path / "orders.csv"))
    asked = RunRequest(
        Assumptions(
            horizon=Period.parse("26w"),
            value_cap=Period.parse("3y"),
            margin=0.2,
            currency="USD",
            by=("channel",),
            spend="log-normal",
            cost_to_serve=4.0,
        ),
        holdout_days=0,
    )
    with desk.workspace.opened() as store:
        keep_run(store, compute_run(store, asked, started_at=timezone.now()))
    publish_newest(desk.workspace, timezone.now())
    assert fields_of(current_set()) == {
        "margin": 0.2, "annual_discount": 0.1, "horizon": "26w", "value_cap": "3y", "unit": "week",
        "currency": "USD", "model": "auto", "by": ["channel"], "spend": "log-normal", "cost_to_serve": 4.0,
        "holdout": "",
    }  # fmt: skip
