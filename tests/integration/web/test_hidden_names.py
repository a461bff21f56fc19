"""Names that a rule hides from a role are on no page of tasks, touches and kept records of theirs."""

import pytest
from django.test import Client
from django.utils import timezone
from work_of_people import a_publication, an_owner, customer, task

from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.people.models import FieldRule, User
from keepers.crm.people.roles import Noun, Role

pytestmark = pytest.mark.django_db


def test_a_hidden_name_is_on_no_page_of_what_is_done_with_them(client: Client) -> None:
    a_publication()
    alice, ada = an_owner(), customer("ada", 40.0, phone="+43 1 5550000")
    now = timezone.now()
    call = task(alice, ada)
    touch = add_touch(ada, by=alice, at=now, happened_at=now, kind="call", title="Spring offer")
    record = KeptRecord.objects.create(noun="deals", kind="deal", title="Looms", customer=ada, source="salesforce")
    pages = ["/work/", "/tasks/", f"/tasks/{call.pk}/panel/", f"/tasks/{call.pk}/", "/touches/", "/kept/"]
    pages += [f"/touches/{touch.pk}/panel/", f"/kept/{record.pk}/panel/"]

    def told() -> dict[str, str]:
        client.force_login(User.objects.get(pk=alice.pk))
        answers = {page: client.get(page) for page in pages}
        assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(pages, 200)
        return {page: answer.content.decode().split("<main")[-1] for page, answer in answers.items()}

    shown = told()
    assert all("Ada" in page for page in shown.values())
    assert "tel:+43" in shown["/work/"]
    for field in ("name", "phone", "residual_value"):
        FieldRule.objects.create(role=Role.OWNER, noun=Noun.CUSTOMERS, field=field, access=FieldRule.Access.HIDDEN)
    hidden = told()
    assert [page for page, text in hidden.items() if "Ada" in text] == []
    assert "tel:" not in hidden["/work/"]
    assert ("40" in shown["/work/"], "worth figures" in hidden["/work/"]) == (True, False)
