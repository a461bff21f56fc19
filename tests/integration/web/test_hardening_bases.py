"""Bases that no page was drawn for: one customer, no money, and names that no picture can show."""

import csv
from pathlib import Path

import pytest
from desk import Desk, open_desk, work
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.portfolio.models import PublishedInsight

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = ("Order", "Customer ID", "Customer Name", "Date", "Product", "Amount")
ALONE = (("1", "C1", "Ada", "2024-03-02", "Tea", "5.00"),)
UNDRAWABLE = (
    ("1", "C1", "Ada \x01\x0b", "2024-03-02", "Tea\x01\x1f\ufffe", "5.00"),
    ("2", "C2", "Bo", "2024-04-02", "Tea\x01\x1f\ufffe", "7.00"),
    ("3", "C1", "Ada \x01\x0b", "2024-05-02", "\x0cMug", "6.00"),
)


def valued_desk(settings: Settings, folder: Path, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Desk:
    desk = open_desk(settings, folder, "alice@example.com", is_administrator=True)
    path = folder / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    desk.bring(path)
    desk.client.post(reverse("new_run"))
    work()
    return desk


def every_page_of(desk: Desk) -> None:
    for name in ("today", "customers", "insights", "data", "runs", "assumptions"):
        assert desk.client.get(reverse(name)).status_code == 200, name
    for kept in PublishedInsight.objects.all():
        for name in ("insight", "insight_chart", "insight_csv"):
            address = reverse(name, args=[kept.name])
            assert desk.client.get(address, {"by": kept.by}).status_code == 200, address
    listed = desk.client.get(reverse("customers")).context["rows"]
    for value in listed:
        for name in ("customer", "customer_panel", "customer_lines"):
            assert desk.client.get(reverse(name, args=[value.customer_id])).status_code == 200, name
        for answer in ("purchases", "products", "alive"):
            picture = desk.client.get(reverse("customer_chart", args=[value.customer_id, answer]))
            assert picture.status_code in {200, 404}, answer


def test_every_page_shows_a_base_of_one_customer_with_one_order(settings: Settings, tmp_path: Path) -> None:
    desk = valued_desk(settings, tmp_path, HEADER, ALONE)
    every_page_of(desk)
    assert "1 customer is known as of 2 Mar 2024; the orders do not say what the base is worth." in desk.page("today")


def test_every_page_shows_a_base_without_money(settings: Settings, tmp_path: Path) -> None:
    desk = valued_desk(settings, tmp_path, HEADER[:-1], tuple(row[:-1] for row in UNDRAWABLE))
    every_page_of(desk)
    assert "2 customers are known as of 2 May 2024; the orders do not say what" in desk.page("today")


def test_a_name_with_characters_that_no_picture_can_hold_is_drawn_with_marks(
    settings: Settings, tmp_path: Path
) -> None:
    desk = valued_desk(settings, tmp_path, HEADER, UNDRAWABLE)
    every_page_of(desk)
    picture = desk.client.get(reverse("insight_chart", args=["products"])).content.decode()
    assert "Tea\N{REPLACEMENT CHARACTER}" in picture
    assert "\x01" not in picture
