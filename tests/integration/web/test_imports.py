"""An import in five steps in a browser: nothing hidden, nothing counts before the last, and it can be taken back."""

import signal
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from desk import Desk, open_desk, work
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from keepers.crm.data import actions, folders
from keepers.crm.data.models import ImportAct, Upload
from keepers.crm.data.queries import import_of, imports
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.ending import ENDING
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User
from keepers.warehouse.lock import WriterLock
from tests.integration.test_ingest_heads_and_lines import files as heads_and_lines
from tests.integration.workbooks import PEOPLE, book
from tests.integration.workbooks import orders as sheet_of_orders

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = (
    "order_id,customer_id,order_date,amount\n"
    "1,anna,2024-01-13,20.00\n2,ben,2024-01-14,30.00\n3,anna,2024-02-20,25.00\n4,,2024-02-21,5.00\n"
)
SPOILT = '5,=cmd(),yesterday,9.00\n6,"ben",2024-02-22,plenty\n'


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


@pytest.fixture
def bob(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "bob@example.com", is_administrator=False)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "shop orders.csv"
    path.write_text(ORDERS, encoding="utf-8")
    return path


def test_an_import_is_walked_in_five_steps(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    columns = desk.page("upload_columns", upload.pk)
    assert "Which column is which?" in columns
    assert "2024-01-13" in columns
    assert "Check every row" in columns
    assert desk.check(upload).headers["Location"] == reverse("upload_check", args=[upload.pk])
    preview = desk.page("upload", upload.pk)
    assert "2 customers with 4 orders, 13 Jan 2024 to 21 Feb 2024." in preview
    assert "Replaces nothing: every order is new." in preview
    assert "1 row names no customer" in preview
    assert "Import 4 rows" in preview
    assert imports() == []
    desk.client.post(reverse("upload_landing", args=[upload.pk]))
    work()
    landed = desk.page("upload", upload.pk)
    assert "4 rows of the source “orders”, 13 Jan 2024 to 21 Feb 2024." in landed
    assert "brought in by Alice" in landed
    assert "Value the base now" in landed
    assert [(each["rows_accepted"], each["active"]) for each in imports()] == [(4, True)]
    assert not folders.folder_of(upload).exists()


def test_files_stream_into_the_workspace_and_nowhere_else(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    assert [path.name for path in folders.files_of(upload)] == ["shop orders.csv"]
    assert folders.files_of(upload)[0].read_text(encoding="utf-8") == ORDERS
    assert list(desk.workspace.uploads.glob("receiving-*")) == []


def test_an_import_can_be_undone_and_taken_back(desk: Desk, orders: Path) -> None:
    batch = desk.bring(orders).batch_id
    desk.client.post(reverse("import_state", args=[batch]), {"active": "0"})
    undone = desk.page("import", batch)
    assert "Switched off: they do not count." in undone
    assert "Let it count again" in undone
    desk.client.post(reverse("import_state", args=[batch]), {"active": "1"})
    assert "They count." in desk.page("import", batch)
    acts = ImportAct.objects.filter(batch_id=batch).values_list("act", "by__email")
    assert list(acts) == [(act, "alice@example.com") for act in ("landed", "off", "on")]


def test_undoing_twice_says_so_and_changes_nothing(desk: Desk, orders: Path) -> None:
    batch = desk.bring(orders).batch_id
    for _ in range(2):
        answer = desk.client.post(reverse("import_state", args=[batch]), {"active": "0"}, follow=True)
    assert f"Import {batch} is off already." in answer.content.decode()
    assert ImportAct.objects.filter(batch_id=batch, act="off").count() == 1


def test_the_same_files_again_are_refused_in_a_sentence(desk: Desk, orders: Path) -> None:
    desk.bring(orders)
    again = desk.upload(orders)
    desk.check(again)
    told = desk.page("upload", again.pk)
    assert "These files were imported on" in told
    assert "count already; nothing was changed." in told
    assert "Traceback" not in told
    assert len(imports()) == 1


def test_rejected_rows_are_shown_and_downloaded_so_that_no_spreadsheet_runs_them(desk: Desk, orders: Path) -> None:
    orders.write_text(ORDERS + SPOILT, encoding="utf-8")
    upload = desk.upload(orders)
    desk.check(upload)
    preview = desk.page("upload_preview", upload.pk)
    assert "Rejected rows, each with its reason" in preview
    assert "yesterday" in preview
    before = b"".join(desk.client.get(reverse("upload_rejects", args=[upload.pk])).streaming_content)  # type: ignore[attr-defined]
    desk.client.post(reverse("upload_landing", args=[upload.pk]))
    work()
    upload.refresh_from_db()
    after = b"".join(desk.client.get(reverse("import_rejects", args=[upload.batch_id])).streaming_content)  # type: ignore[attr-defined]
    assert before == after
    header, *rows = after.decode().splitlines()
    assert header == '"file","line_number","reason","text","amount"'
    assert len(rows) == 2
    assert rows[0].startswith('"shop orders.csv",6,')
    assert str(desk.workspace.folder) not in after.decode()


def test_a_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(desk: Desk, tmp_path: Path) -> None:
    sheet = tmp_path / "formulas.csv"
    sheet.write_text("customer_id,order_date,amount\n=1+1,never,3\nanna,2024-01-02,4\n", encoding="utf-8")
    upload = desk.upload(sheet)
    desk.check(upload)
    told = b"".join(desk.client.get(reverse("upload_rejects", args=[upload.pk])).streaming_content)  # type: ignore[attr-defined]
    assert '"\'=1+1,never,3"' in told.decode()


def test_a_file_that_is_none_of_orders_is_told_apart_before_anything_is_read(desk: Desk, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("age,job\n30,cook\n41,clerk\n", encoding="utf-8")
    upload = desk.upload(people)
    page = desk.page("upload_columns", upload.pk)
    assert "people.csv shows no column for the date of an order" in page
    assert "--map" not in page
    refused = desk.check(upload)
    assert refused.status_code == 422
    assert "Choose which column holds the date of the order." in refused.content.decode()
    assert Job.objects.count() == 0


def test_an_empty_file_among_others_can_be_left_out(desk: Desk, orders: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    with ZipFile(broken, "w") as archive:
        archive.writestr("a.txt", "x")
        archive.writestr("b.txt", "y")
    upload = desk.upload(orders, broken)
    assert "broken.xlsx holds 2 files" in desk.page("upload_columns", upload.pk)
    desk.client.post(reverse("upload_omission", args=[upload.pk]), {"name": "broken.xlsx"})
    upload.refresh_from_db()
    assert [head["name"] for head in upload.heads] == ["shop orders.csv"]
    desk.check(upload)
    assert "Import 4 rows" in desk.page("upload", upload.pk)


def test_a_broken_file_fails_its_check_in_words(desk: Desk, orders: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"\x1f\x8b\x08\x00 no gzip at all")
    upload = desk.upload(orders, broken)
    desk.check(upload)
    told = desk.page("upload", upload.pk)
    assert "broken.csv.gz is packed but damaged" in told
    assert "Mend the file and upload it again." in told
    assert str(desk.workspace.folder) not in told


def test_dates_that_read_both_ways_are_asked_for_and_then_read(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "dates.csv"
    path.write_text("customer_id,order_date,amount\nanna,01/02/2024,5\nben,03/04/2024,6\n", encoding="utf-8")
    upload = desk.upload(path)
    desk.check(upload)
    told = desk.page("upload", upload.pk)
    assert "does not tell whether day or month stands first" in told
    assert "Choose among the columns how dates such as 03/04 read" in told
    assert "--dates" not in told
    desk.check(upload, dates="mdy")
    assert "2 orders, 2 Jan 2024 to 4 Mar 2024." in desk.page("upload", upload.pk)


def test_a_column_can_be_set_aside_and_another_chosen(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "two amounts.csv"
    path.write_text("customer_id,order_date,amount,paid\nanna,2024-01-13,20,18\nben,2024-01-14,30,27\n", "utf-8")
    upload = desk.upload(path)
    desk.check(upload, amount="", paid="revenue")
    page = desk.page("upload", upload.pk)
    assert '<span class="value">45</span>' in page
    assert "confirmed on the page" in page
    assert "--map" not in page


def test_namesakes_are_warned_of_beside_the_chooser(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    rows = (f"R{row};{100 + row % 20};Huber AG {'I' * (row % 5)};2024-01-{1 + row % 28:02};9,5\n" for row in range(60))
    path.write_text("Beleg-Nr;Konto 7;Firma;Rechnungsdatum;Netto\n" + "".join(rows), "utf-8")
    page = desk.page("upload_columns", desk.upload(path).pk)
    assert "Customers who share a name count as one" in page
    assert "--map" not in page


def test_a_column_chosen_twice_is_refused(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    refused = desk.check(upload, order_id="customer_id")
    assert refused.status_code == 422
    assert "“Customer” is chosen for several headers" in refused.content.decode()


def test_a_time_zone_that_is_none_is_refused(desk: Desk, orders: Path) -> None:
    refused = desk.check(desk.upload(orders), timezone="Atlantis/Capital")
    assert refused.status_code == 422
    assert "There is no time zone “Atlantis/Capital”." in refused.content.decode()


def test_a_check_that_waits_can_be_cancelled_and_started_again(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    job = actions.start_check(upload, by=desk.user, at=timezone.now())
    assert "Waiting for the worker." in desk.page("upload_check", upload.pk)
    desk.client.post(reverse("job_cancellation", args=[job.pk]))
    work()
    assert "Cancelled. Nothing was changed." in desk.page("upload_check", upload.pk)
    desk.client.post(reverse("upload_check", args=[upload.pk]))
    work()
    assert "Import 4 rows" in desk.page("upload", upload.pk)


@pytest.mark.parametrize(
    ("is_cancelled", "state", "said"),
    [
        (False, Job.State.ABANDONED, "was stopped before it was done"),
        (True, Job.State.CANCELLED, "Cancelled. Nothing was changed."),
    ],
)
def test_a_check_whose_process_is_asked_to_end_stops_when_it_next_says_how_far_it_is(
    desk: Desk, orders: Path, monkeypatch: pytest.MonkeyPatch, is_cancelled: bool, state: str, said: str
) -> None:
    heard: list[int] = []
    before = [signal.signal(number, lambda came, _: heard.append(came)) for number in ENDING]
    tell = Teller.__call__

    def end_then_tell(teller: Teller, stage: str, **far: int) -> None:
        if is_cancelled:
            Job.objects.update(cancel_asked=True)
        if not heard:  # a terminal interrupts the whole group, and then `keepers serve` asks its worker
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        tell(teller, stage, **far)

    monkeypatch.setattr(Teller, "__call__", end_then_tell)
    upload = desk.upload(orders)
    job = actions.start_check(upload, by=desk.user, at=timezone.now())
    beside = Job.objects.create(kind=Job.Kind.RUN, state=Job.State.RUNNING, asked_at=timezone.now())
    try:
        work()
        signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in zip(ENDING, before, strict=True):
            signal.signal(number, handler)
    assert heard == [signal.SIGINT, signal.SIGTERM]  # the first of the two, and one after the job
    job.refresh_from_db()
    beside.refresh_from_db()
    assert (job.state, beside.state, beside.cancel_asked) == (state, Job.State.RUNNING, is_cancelled)
    assert imports() == []
    assert said in desk.page("upload_check", upload.pk)


def test_progress_is_a_part_that_asks_again_and_then_for_the_whole_page(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    job = actions.start_check(upload, by=desk.user, at=timezone.now())
    part = desk.client.get(reverse("job", args=[job.pk]), headers={"hx-request": "true"})
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "<html" not in part.content.decode()
    work()
    ended = desk.client.get(reverse("job", args=[job.pk]), headers={"hx-request": "true"})
    assert ended.headers["HX-Refresh"] == "true"
    plain = desk.client.get(reverse("job", args=[job.pk]))
    assert plain.headers["Location"] == reverse("upload", args=[upload.pk])


def test_a_second_check_stops_the_first_and_works_in_a_folder_of_its_own(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    first = actions.start_check(upload, by=desk.user, at=timezone.now())
    Job.objects.filter(pk=first.pk).update(state=Job.State.RUNNING)
    first_folder = folders.begin_staging(upload)
    upload.refresh_from_db()
    second = actions.start_check(upload, by=desk.user, at=timezone.now())
    first.refresh_from_db()
    assert first.cancel_asked
    assert folders.staging_of(upload) != first_folder
    work()
    second.refresh_from_db()
    assert second.state == Job.State.DONE
    assert not first_folder.exists()


def test_files_that_are_being_brought_in_stay_as_they_are(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    desk.check(upload)
    upload.refresh_from_db()
    actions.start_landing(upload, by=desk.user, at=timezone.now())
    for address in ("upload_removal", "upload_check"):
        refused = desk.client.post(reverse(address, args=[upload.pk]))
        assert refused.status_code == 422
        assert "being brought in just now" in refused.content.decode()
    work()
    assert [each["rows_accepted"] for each in imports()] == [4]


def test_a_killed_job_is_found_and_can_be_started_again(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    job = actions.start_check(upload, by=desk.user, at=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, stage="reading")
    assert "was stopped before it was done" in desk.page("upload_check", upload.pk)
    job.refresh_from_db()
    assert job.state == Job.State.ABANDONED
    desk.client.post(reverse("upload_check", args=[upload.pk]))
    work()
    assert "Import 4 rows" in desk.page("upload", upload.pk)


def test_half_a_file_of_rejected_rows_is_not_offered(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    half = folders.staging_of(upload) / "lines" / "rejects.parquet"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"PAR1 and then the process died")
    job = actions.start_check(upload, by=desk.user, at=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    assert "Download the rows" not in desk.page("upload_check", upload.pk)
    assert desk.client.get(reverse("upload_rejects", args=[upload.pk])).status_code == 404


def test_a_job_whose_process_lives_is_left_alone(desk: Desk, orders: Path) -> None:
    from keepers.crm.jobs.carrying_out import lock_of, settle_abandoned

    job = actions.start_check(desk.upload(orders), by=desk.user, at=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    lock_of(job.pk).parent.mkdir(parents=True)
    with WriterLock(lock_of(job.pk), timeout=1).held():
        assert settle_abandoned() == 0
    assert settle_abandoned() == 1


def test_a_landing_killed_after_its_commit_lands_once(desk: Desk, orders: Path) -> None:
    upload = desk.bring(orders)
    again = desk.upload(orders)
    Upload.objects.filter(pk=upload.pk).update(landed_at=None)
    desk.client.post(reverse("import_state", args=[upload.batch_id]), {"active": "0"})
    desk.check(again)
    desk.client.post(reverse("import_state", args=[upload.batch_id]), {"active": "1"})
    desk.client.post(reverse("upload_landing", args=[again.pk]))
    work()
    again.refresh_from_db()
    assert again.landed_at is not None
    assert [each["rows_accepted"] for each in imports()] == [4]


def test_a_later_export_says_what_it_replaces(desk: Desk, orders: Path) -> None:
    desk.bring(orders)
    orders.write_text(ORDERS.replace("30.00", "10.00"), encoding="utf-8")
    upload = desk.upload(orders)
    desk.check(upload)
    preview = " ".join(desk.page("upload_preview", upload.pk).split())
    assert "Replaces 4 whole orders (4 lines) of 4 that come in." in preview
    assert "Their revenue goes from 80 to 60." in preview


def test_an_upload_that_nobody_goes_on_with_is_let_go_after_a_week(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    actions.clear_old_uploads(at=timezone.now() + timedelta(days=6))
    assert folders.folder_of(upload).exists()
    actions.clear_old_uploads(at=timezone.now() + timedelta(days=8))
    assert not folders.folder_of(upload).exists()
    assert desk.client.get(reverse("upload", args=[upload.pk])).headers["Location"] == reverse("data")


def test_removing_an_upload_leaves_nothing(desk: Desk, orders: Path) -> None:
    upload = desk.upload(orders)
    desk.client.post(reverse("upload_removal", args=[upload.pk]))
    assert not folders.folder_of(upload).exists()
    assert desk.client.get(reverse("upload_columns", args=[upload.pk])).status_code == 404


def test_who_is_no_administrator_reads_and_changes_nothing(bob: Desk, orders: Path) -> None:
    alice = User.objects.create_user("alice@example.com", role="owner")
    signed_in = Client()
    signed_in.force_login(alice)
    batch = Desk(signed_in, alice, bob.workspace).bring(orders).batch_id
    assert "They count." in bob.page("import", batch)
    assert "Undo this import" not in bob.page("import", batch)
    assert "Only administrators may import." in bob.page("new_import")
    for address in (reverse("import_state", args=[batch]), reverse("new_run"), reverse("new_import")):
        refused = bob.client.post(address, {"active": "0"})
        assert refused.status_code == 403
        assert "Ask an owner of the workspace." in refused.content.decode()
    found = import_of(batch)
    assert found is not None
    assert found["active"]


def test_strangers_are_sent_to_the_door(desk: Desk) -> None:
    answer = Client().get(reverse("data"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))
    assert desk.page("data")


def test_a_forged_upload_is_refused_and_leaves_nothing(desk: Desk, orders: Path) -> None:
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(desk.user)
    with orders.open("rb") as file:
        assert forged.post(reverse("new_import"), {"orders": file}).status_code == 403
    assert Upload.objects.count() == 0


def test_the_list_of_imports_costs_the_same_with_one_and_with_three(
    desk: Desk, orders: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    desk.bring(orders)
    with CaptureQueriesContext(connection) as one:
        desk.page("data")
    cost = len(one)  # the log is emptied by the next request
    for number in range(2):
        orders.write_text(ORDERS.replace("2024", str(2020 + number)), encoding="utf-8")
        desk.bring(orders)
    with django_assert_max_num_queries(cost):
        assert "3 imports count" in desk.page("data")


def test_another_sheet_of_a_workbook_can_be_chosen_among_its_columns(desk: Desk, tmp_path: Path) -> None:
    years = {f"Año {year}": sheet_of_orders(year, 6) for year in (2023, 2024)}
    upload = desk.upload(book(tmp_path / "ventas.xlsx", Clientes=PEOPLE, **years))
    columns = desk.page("upload_columns", upload.pk)
    assert '<option value="0" selected>Año 2023, Año 2024 as one</option>' in columns
    assert '<option value="1">Clientes</option>' in columns
    choose = reverse("upload_sheets", args=[upload.pk])
    desk.client.post(choose, {"name": "ventas.xlsx", "sheets": "1"})
    assert "shows no column for the date of an order" in desk.page("upload_columns", upload.pk)
    desk.client.post(choose, {"name": "ventas.xlsx", "sheets": "3"})
    upload.refresh_from_db()
    desk.check(upload)
    assert "Import 6 rows" in desk.page("upload", upload.pk)


def test_heads_and_lines_uploaded_together_are_one_import_until_one_is_left_out(desk: Desk, tmp_path: Path) -> None:
    upload = desk.upload(*heads_and_lines(tmp_path))
    columns = desk.page("upload_columns", upload.pk)
    assert "heads of the orders: joined to their lines by the number" in columns
    assert "Columns of rechnungspositionen.csv" in columns
    form = {"source": "orders", "timezone": "UTC", "dates": "dmy", "duplicates": "auto"}
    form |= {f"column-{at}": each["column"] for at, each in enumerate(upload.heads[1]["columns"])}
    desk.client.post(reverse("upload_columns", args=[upload.pk]), form)
    work()
    assert "Import 3 rows" in desk.page("upload", upload.pk)
    desk.client.post(reverse("upload_joining", args=[upload.pk]))
    apart = desk.page("upload_columns", upload.pk)
    assert ("Columns of rechnungen.csv" in apart, "heads of the orders" in apart) == (True, False)
    desk.client.post(reverse("upload_joining", args=[upload.pk]), {"joins": "1"})
    assert "heads of the orders" in desk.page("upload_columns", upload.pk)
    desk.client.post(reverse("upload_omission", args=[upload.pk]), {"name": "rechnungspositionen.csv"})
    assert "Columns of rechnungen.csv" in desk.page("upload_columns", upload.pk)
