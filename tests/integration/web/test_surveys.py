"""Insight › Equity drivers: a survey is brought, looked at again with costs, taken away, and removed."""

from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.data.actions import clear_old_uploads
from keepers.crm.jobs.carrying_out import Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.portfolio.surveys import tasks
from keepers.crm.portfolio.surveys.actions import remove_survey
from keepers.crm.portfolio.surveys.models import Survey
from keepers.crm.portfolio.surveys.studying import rows_of, study
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
ASKED = {"brand": "alder", "people": "50000", "years": "3", "margin": "0.3", "annual_discount": "0.1", "step": "1"}


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> Client:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    client = Client()
    client.force_login(User.objects.create_user("alice@example.com", name="Alice Adler", role="owner"))
    return client


def brought(alice: Client, text: str | None = None, **asked: str) -> Survey:
    """The survey, once the worker is through with it."""
    told = alice.get(reverse("survey_example")).content.decode() if text is None else text
    lines = told.splitlines()[:121]
    file = SimpleUploadedFile("market.csv", "\n".join(lines).encode())
    assert alice.post(reverse("surveys"), ASKED | asked | {"file": file}).status_code == 302
    work()
    return Survey.objects.latest("pk")


def work() -> None:
    """What the worker does."""
    for job in Job.objects.filter(kind=Job.Kind.SURVEY, state=Job.State.WAITING):
        tasks.study_survey.func(job.pk)


def files_kept() -> list[str]:
    return [path.name for path in settings.WORKSPACE.uploads.rglob("*") if path.is_file()]


def test_the_page_waits_for_the_worker_and_says_what_could_not_be_learned(alice: Client) -> None:
    example = alice.get(reverse("survey_example")).content.decode().splitlines()
    few = SimpleUploadedFile("market.csv", "\n".join(example[:11]).encode())
    survey = Survey.objects.get(pk=alice.post(reverse("surveys"), ASKED | {"file": few})["Location"].split("/")[-2])
    page = alice.get(survey.get_absolute_url()).content.decode()
    assert "Waiting for the worker." in page
    assert "Study it again" not in page
    assert (survey.rows, files_kept()) == (b"", ["market.csv"]), "the page waits for no reading"
    assert "Not studied yet." in alice.get(reverse("surveys")).content.decode()
    work()
    page = alice.get(survey.get_absolute_url()).content.decode()
    assert "10 people can be used" in page
    assert "Study it again" in page
    assert Job.objects.get(kind=Job.Kind.SURVEY).state == Job.State.FAILED
    asked = ASKED | {"brand": "Birch", "segment-0": "2", "segment-1": "1"}
    assert alice.post(survey.get_absolute_url(), asked).status_code == 302
    again = alice.post(survey.get_absolute_url(), asked, follow=True)
    assert "being studied already" in again.content.decode()
    assert alice.post(reverse("survey_removal", args=[survey.pk])).status_code == 302
    work()
    assert list(Job.objects.values_list("state", flat=True)) == [Job.State.NOTHING, Job.State.FAILED]


def test_a_survey_is_kept_without_who_was_asked_and_says_what_it_found(alice: Client) -> None:
    example = alice.get(reverse("survey_example")).content.decode()
    survey = brought(alice, "\n".join(line if i == 0 else f"eve-{line}" for i, line in enumerate(example.splitlines())))
    assert rows_of(survey).rows["respondent"].to_pylist()[:4] == ["0", "0", "0", "1"]
    assert b"eve-" not in bytes(survey.rows)
    assert files_kept() == []
    page = unescape(alice.get(survey.get_absolute_url()).content.decode())
    assert survey.finding.startswith("Alder is worth ")
    for told in (survey.finding, "Why people choose", "How people switch", "120 of 120 people could be used", "Alice"):
        assert told in page
    assert 'aria-current="page">everybody' in page
    drawn = alice.get(reverse("survey_chart", args=[survey.pk, "importance"]))
    assert drawn["Content-Type"] == "image/svg+xml"
    rows = alice.get(reverse("survey_rows", args=[survey.pk, "equity"])).content.decode()
    assert "Alder" in rows
    assert [each.verb for each in AuditEntry.objects.order_by("pk")] == ["create", "export"]


def test_costs_are_told_on_the_page_and_turn_gains_into_returns(alice: Client) -> None:
    survey = brought(alice)
    first = survey.told["market"]["importance"][0]["driver"]
    answer = alice.post(survey.get_absolute_url(), ASKED | {"brand": "Birch", "cost-0": "1000"})
    assert answer.status_code == 302
    work()
    survey.refresh_from_db()
    assert survey.finding.startswith("Birch is worth ")
    best = survey.told["market"]["improvements"][0]
    assert (best["driver"], best["step_cost"]) == (first, 1000)
    assert best["roi"] > 0
    assert survey.asked["costs"] == {first: 1000}
    wrong = alice.post(survey.get_absolute_url(), ASKED | {"brand": "Dogwood"})
    assert wrong.status_code == 422


def test_what_is_wrong_with_a_file_is_said_on_its_page_and_of_the_file_nothing_is_kept(alice: Client) -> None:
    survey = brought(alice, "respondent,last_brand\n1,Alder\n")
    page = alice.get(survey.get_absolute_url()).content.decode()
    assert "No column names a brand" in page
    assert "Study it again" not in page
    assert "Remove this survey" in page
    assert (survey.rows, files_kept()) == (b"", [])
    again = alice.post(survey.get_absolute_url(), follow=True).content.decode()
    assert again.count("The file of this survey is gone.") == 2, "there is nothing to study: in a notice, and as ever"
    assert Job.objects.count() == 1
    page = alice.get(brought(alice, "respondent").get_absolute_url()).content.decode()
    assert "market.csv shows no columns" in page
    assert str(settings.WORKSPACE.folder) not in page


def test_a_survey_whose_study_was_stopped_is_studied_again_and_its_file_let_go_after_a_week(alice: Client) -> None:
    few = SimpleUploadedFile("market.csv", b"respondent,last_brand\n1,Alder\n")
    survey = Survey.objects.get(pk=alice.post(reverse("surveys"), ASKED | {"file": few})["Location"].split("/")[-2])
    later = timezone.now() + timedelta(days=8)
    clear_old_uploads(at=later)
    assert files_kept() == ["market.csv"], "the worker may still read it"
    Job.objects.update(state=Job.State.ABANDONED)
    clear_old_uploads(at=timezone.now() + timedelta(days=6))
    page = alice.get(survey.get_absolute_url()).content.decode()
    assert "start it again" in page
    assert "Study it again" in page
    assert alice.post(survey.get_absolute_url()).status_code == 302
    assert Job.objects.latest("pk").asked["asked"] == survey.asked
    Job.objects.update(state=Job.State.ABANDONED)
    left = settings.WORKSPACE.uploads / "survey-7" / "files"  # by an earlier version
    left.mkdir(parents=True)
    clear_old_uploads(at=later)
    assert (files_kept(), left.exists()) == ([], False)
    page = alice.get(survey.get_absolute_url()).content.decode()
    assert "The file of this survey is gone." in page
    assert "start it again" not in page


@pytest.mark.parametrize("file_is_gone", [True, False])
def test_a_survey_that_is_removed_while_its_file_is_read_is_nothing_to_do(alice: Client, file_is_gone: bool) -> None:
    example = alice.get(reverse("survey_example")).content.decode().splitlines()
    file = SimpleUploadedFile("market.csv", "\n".join(example[:11]).encode())
    survey = Survey.objects.get(pk=alice.post(reverse("surveys"), ASKED | {"file": file})["Location"].split("/")[-2])

    def study_while_somebody_removes(job: Job, tell: Teller) -> dict[str, Any]:
        def told(stage: str) -> None:
            tell(stage)
            if file_is_gone:
                remove_survey(survey, by=User.objects.get(), at=timezone.now())
            else:
                Survey.objects.all().delete()

        return study(job, told)

    job = Job.objects.get()
    carry_out(job.pk, study_while_somebody_removes)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.NOTHING, "The survey was removed meanwhile.")
    assert not Survey.objects.exists()


def test_a_brand_that_the_survey_does_not_know_is_chosen_from_those_that_it_does(alice: Client) -> None:
    survey = brought(alice, brand="Dogwood")
    page = unescape(alice.get(survey.get_absolute_url()).content.decode())
    assert 'The survey knows no brand "Dogwood"' in page
    assert alice.post(survey.get_absolute_url(), ASKED | {"brand": "Birch"}).status_code == 302
    work()
    survey.refresh_from_db()
    assert survey.finding.startswith("Birch is worth ")


def test_the_list_asks_as_often_for_three_surveys_as_for_one_and_one_can_be_removed(alice: Client) -> None:
    survey = brought(alice)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert survey.finding in unescape(alice.get(reverse("surveys")).content.decode())
        counts.append(len(asked))
        for _copy in range(2):
            survey.pk = None
            survey.save()
    assert counts[0] == counts[1]
    assert alice.post(reverse("survey_removal", args=[survey.pk])).status_code == 302
    assert Survey.objects.count() == 4


def test_who_may_only_look_is_offered_no_form(alice: Client) -> None:
    survey = brought(alice)
    bob = Client()
    bob.force_login(User.objects.create_user("bob@example.com", role="read-only"))
    assert "Bring a survey" not in bob.get(reverse("surveys")).content.decode()
    assert "Study it again" not in bob.get(survey.get_absolute_url()).content.decode()
    assert bob.post(reverse("surveys"), ASKED).status_code == 403
    assert bob.post(reverse("survey_removal", args=[survey.pk])).status_code == 403
