"""Uploads that were not meant well, or that break off: nothing of them stays, and each is answered in words."""

import gzip
from pathlib import Path

import pytest
from desk import Desk, open_desk
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.data.models import Upload
from keepers.ingest.sources.texts import LONGEST_LINE

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = b"Customer ID,Date,Amount\n"
ROW = b"C1,2024-03-02,5.00\n"


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "mallory@example.com", is_administrator=True)


def left_of(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.workspace.uploads.rglob("*") if path.is_file())


def test_files_of_a_form_that_is_refused_do_not_stay(desk: Desk) -> None:
    sent = [SimpleUploadedFile("orders.csv", HEADER + ROW), SimpleUploadedFile("empty.csv", b"")]
    assert desk.client.post(reverse("new_import"), {"orders": sent}).status_code == 422
    assert left_of(desk) == []


def test_files_of_a_form_without_its_token_do_not_stay(desk: Desk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.user)
    answer = strict.post(reverse("new_import"), {"orders": [SimpleUploadedFile("orders.csv", HEADER + ROW)]})
    assert answer.status_code == 403
    assert "Load the page again and repeat it." in answer.content.decode()
    assert left_of(desk) == []


def test_files_of_somebody_who_may_not_import_are_never_written(settings: Settings, tmp_path: Path) -> None:
    desk = open_desk(settings, tmp_path, "viewer@example.com", is_administrator=False)
    answer = desk.client.post(reverse("new_import"), {"orders": [SimpleUploadedFile("orders.csv", HEADER + ROW)]})
    assert answer.status_code == 403
    assert not desk.workspace.uploads.exists()


def test_a_small_file_that_unpacks_to_one_endless_line_is_no_file_of_orders(desk: Desk) -> None:
    packed = gzip.compress(HEADER + b"x" * (3 * LONGEST_LINE))
    answer = desk.client.post(
        reverse("new_import"), {"orders": [SimpleUploadedFile("orders.csv.gz", packed)]}, follow=True
    )
    assert answer.status_code == 200
    assert "so it is no file of orders" in answer.content.decode()
    assert len(packed) < 1_000_000


def test_a_line_with_a_field_of_a_million_letters_is_one_odd_row_of_the_file(desk: Desk) -> None:
    sent = SimpleUploadedFile("orders.csv", HEADER + ROW * 3 + b"x" * 1_000_000 + b"\n" + ROW)
    answer = desk.client.post(reverse("new_import"), {"orders": [sent]}, follow=True)
    assert answer.status_code == 200
    assert Upload.objects.get().heads[0]["holds"] == "orders"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../../evil.csv", "evil.csv"), ("..\\..\\evil.csv", "evil.csv"), ("/etc/passwd", "passwd")],
)
def test_a_file_lies_in_its_own_folder_whatever_it_is_called(desk: Desk, name: str, kept: str) -> None:
    body = (
        f'--XX\r\nContent-Disposition: form-data; name="orders"; filename="{name}"\r\n\r\n'.encode()
        + HEADER
        + ROW
        + b"\r\n--XX--\r\n"
    )
    answer = desk.client.post(reverse("new_import"), body, content_type="multipart/form-data; boundary=XX")
    assert answer.status_code == 302
    upload = Upload.objects.get()
    assert (desk.workspace.uploads / str(upload.pk) / "files" / kept).read_bytes().startswith(HEADER)
    assert left_of(desk) == [kept]
