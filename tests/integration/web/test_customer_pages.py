"""Who customers are: created, changed, reached, related, and what they agreed to, each by its page."""

import io
import re
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import attachments, consents, fields, firms, reaching, relations, stages
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.duplicates.merging import merge
from keepers.crm.customers.models import Consent, Customer, CustomField, Relation, StageMove
from keepers.crm.customers.typed import WrongValueError
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.people.roles import Noun, Role
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> User:
    """An owner, in a workspace of the test's own."""
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER)


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def act(alice: User) -> Act:
    return Act(alice, NOON)


@pytest.fixture
def ada() -> Customer:
    return Customer.objects.create(
        key="C1", name="Ada Novak", email="ada@example.com", phone="041 123 456", city="Graz"
    )


def text_of(page: HttpResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def as_role(client: Client, role: Role, email: str = "bob@example.com") -> User:
    user = User.objects.create_user(email, name=email.split("@", maxsplit=1)[0].title(), role=role)
    client.force_login(user)
    return user


def test_a_new_prospect_is_normalised_and_found(browser: Client, act: Act) -> None:
    firms.describe(act, name="Mill", country="SI")
    form = {"name": " Nina  Zupan ", "kind": "person", "stage": "prospect", "email": "Nina@Example.com"}
    answer = browser.post(
        "/customers/new/", form | {"phone": "041 123 456", "tags": "fair, VIP", "acquired_by": "fair"}
    )
    nina = Customer.objects.get()
    assert answer.headers["Location"] == nina.get_absolute_url()
    assert (nina.name, nina.email, nina.phone) == ("Nina Zupan", "nina@example.com", "+38641123456")
    assert sorted(tag.name for tag in nina.tags.all()) == ["VIP", "fair"]
    assert AuditEntry.objects.filter(verb="create", noun="customers", thing=str(nina.pk)).count() == 1
    assert "Nina Zupan" in text_of(browser.get("/search/?q=nina"))
    assert "+386 41 123 456" in text_of(browser.get(nina.get_absolute_url()))


def test_somebody_reached_alike_is_named_before_another_is_created(browser: Client, ada: Customer) -> None:
    form = {"name": "A. Novak", "kind": "person", "stage": "prospect", "email": "ADA@example.com"}
    asked = browser.post("/customers/new/", form)
    assert ada.get_absolute_url() in asked.content.decode()
    assert Customer.objects.count() == 1
    browser.post("/customers/new/", form | {"anyway": "1"})
    assert Customer.objects.count() == 2


def test_a_taken_id_is_told(browser: Client, ada: Customer) -> None:
    form = {"name": "Other", "kind": "person", "stage": "prospect", "key": "C1"}
    answer = browser.post("/customers/new/", form)
    assert answer.status_code == 422
    assert 'Another customer has the id "C1"' in text_of(answer)


def test_a_new_customer_with_a_wrong_value_is_not_created_by_halves(browser: Client, act: Act) -> None:
    fields.define(act, label="Page", kind="link", is_required=True)
    form = {"name": "Nina", "kind": "person", "stage": "prospect", "tags": "VIP"}
    answer = browser.post("/customers/new/", form | {"field-page": "not a link"})
    assert answer.status_code == 422
    assert "is no web address" in text_of(answer)
    assert not Customer.objects.exists()


def test_a_property_is_changed_by_a_form_without_javascript_and_in_place_with_it(
    browser: Client, ada: Customer
) -> None:
    address = f"{ada.get_absolute_url()}properties/name/"
    assert 'value="Ada Novak"' in browser.get(address).content.decode()
    answer = browser.post(address, {"value": " Ada  Kern ", "next": "/customers/?group=best"})
    assert answer.headers["Location"] == "/customers/?group=best"
    part = browser.post(address, {"value": "Ada Korn"}, headers={"hx-request": "true"})
    assert part.content.decode().startswith('<span class="property">Ada Korn')
    ada.refresh_from_db()
    assert (ada.name, ada.named_by_hand) == ("Ada Korn", True)
    names = [entry.changes["name"] for entry in AuditEntry.objects.filter(verb="edit")]
    assert names == [["Ada Kern", "Ada Korn"], ["Ada Novak", "Ada Kern"]]
    late = browser.post(address, {"value": "Ada Kurz", "was": "Ada Kern"})
    assert "Somebody changed this meanwhile: “Ada Korn”" in text_of(late)
    assert 'name="was" value="Ada Korn"' in late.content.decode()


def test_a_property_goes_back_to_no_page_of_others(browser: Client, ada: Customer) -> None:
    answer = browser.post(f"{ada.get_absolute_url()}properties/name/", {"value": "X", "next": "//evil.example/"})
    assert answer.headers["Location"] == ada.get_absolute_url()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("kind", "organisation", "organisation"),
        ("acquired_by", "fair", "fair"),
        ("acquired_on", "2026-03-01", date(2026, 3, 1)),
        ("acquisition_cost", "12.5", Decimal("12.5")),
    ],
)
def test_each_property_is_kept(browser: Client, ada: Customer, name: str, value: str, kept: object) -> None:
    browser.post(f"{ada.get_absolute_url()}properties/{name}/", {"value": value})
    assert getattr(Customer.objects.get(), name) == kept


def test_a_stage_moved_by_hand_is_a_row_with_its_reason(browser: Client, alice: User, ada: Customer) -> None:
    browser.post(f"{ada.get_absolute_url()}properties/stage/", {"value": "closed", "reason": "Moved to Australia."})
    move = StageMove.objects.get()
    assert (move.before, move.after, move.by, move.reason) == ("active", "closed", alice, "Moved to Australia.")
    assert Customer.objects.get().stage_held == "active"
    assert "Moved to Australia." in text_of(browser.get(ada.get_absolute_url()))


def test_moving_to_the_same_stage_is_no_move(act: Act, ada: Customer) -> None:
    assert stages.move(act, ada, "active") is None
    assert not StageMove.objects.exists()


def test_contact_points_of_imports_become_ones_own_and_the_first_is_repeated(
    browser: Client, act: Act, ada: Customer
) -> None:
    at = ada.get_absolute_url()
    browser.post(
        f"{at}contact-points/", {"kind": "email", "value": "Ada Novak <ada@work.example.org>", "label": "work"}
    )
    emails = list(ada.contact_points.filter(kind="email"))
    assert [point.value for point in emails] == ["ada@example.com", "ada@work.example.org"]
    assert ada.addresses.get().city == "Graz"
    browser.post(f"{at}contact-points/{emails[1].pk}/first/")
    ada.refresh_from_db()
    assert (ada.email, ada.reached_by_hand) == ("ada@work.example.org", True)
    browser.post(f"{at}contact-points/{emails[1].pk}/removal/")
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_what_imports_told_is_kept_here_with_the_firm_s_country_and_in_the_audit_log(
    browser: Client, act: Act, ada: Customer
) -> None:
    firms.describe(act, name="Mill", country="SI")
    browser.post(f"{ada.get_absolute_url()}contact-points/kept-here/")
    phone = ada.contact_points.get(kind="phone")
    assert (phone.value, phone.problem) == ("+38641123456", "")
    entry = AuditEntry.objects.get(noun="customers", thing=str(ada.pk))
    assert entry.changes == {"reached_by_hand": [False, True]}


def test_what_is_wrong_is_kept_with_its_problem(browser: Client, ada: Customer) -> None:
    answer = browser.post(
        f"{ada.get_absolute_url()}contact-points/", {"kind": "email", "value": "ada@@example"}, follow=True
    )
    point = ada.contact_points.get(written="ada@@example")
    assert point.problem
    assert point.problem in text_of(answer)
    assert "mailto:ada@@example" not in answer.content.decode()


def test_a_changed_contact_point_that_is_there_already_is_one(act: Act, ada: Customer) -> None:
    first = reaching.add_contact_point(act, ada, "email", "a@example.org")
    second = reaching.add_contact_point(act, ada, "email", "b@example.org")
    kept = reaching.change_contact_point(act, second, "A@example.org", label="home")
    assert (kept, kept.label) == (first, "home")
    assert ada.contact_points.filter(kind="email").count() == 2  # the import's and this one


def test_an_address_is_written_changed_and_removed(browser: Client, ada: Customer) -> None:
    at = f"{ada.get_absolute_url()}addresses/"
    assert browser.post(at, {"label": "home"}).status_code == 422
    browser.post(at, {"street": "Long Road 1", "city": "Ljubljana", "postal_code": "1000", "country": "Slovenia"})
    first, second = ada.addresses.all()
    assert (first.city, str(second)) == ("Graz", "Long Road 1, 1000 Ljubljana, Slovenia")
    browser.post(f"{at}{first.pk}/removal/")
    ada.refresh_from_db()
    assert (ada.city, ada.country) == ("Ljubljana", "Slovenia")


def test_consent_needs_proof_and_every_word_stays(browser: Client, alice: User, ada: Customer) -> None:
    at = f"{ada.get_absolute_url()}consent/"
    given = {"channel": "email", "purpose": "marketing", "state": "given"}
    assert "Say how they agreed" in text_of(browser.post(at, given))
    browser.post(at, given | {"proof": "Form of 1 March"})
    browser.post(at, given | {"state": "withdrawn"})
    assert [(said.state, said.is_latest) for said in ada.consents.all()] == [("withdrawn", True), ("given", False)]
    page = text_of(browser.get(ada.get_absolute_url()))
    assert "E-mail · Offers: withdrawn" in page
    assert "Form of 1 March" in page


def test_an_earlier_word_told_later_is_history(act: Act, ada: Customer) -> None:
    word = {"channel": "email", "purpose": "marketing"}
    consents.say(act, ada, state="withdrawn", **word)
    late = consents.say(act, ada, state="given", proof="Fair", said_at=NOON.replace(year=2020), **word)
    assert not late.is_latest
    assert Consent.objects.get(is_latest=True).state == "withdrawn"


def test_customers_themselves_need_no_proof(ada: Customer) -> None:
    said = consents.say(Act(None, NOON), ada, channel="web", purpose="service", state="given")
    assert said.by is None


def test_relations_lead_both_ways_and_not_in_circles(browser: Client, act: Act, ada: Customer) -> None:
    mill = Customer.objects.create(key="M", name="The Mill", kind="organisation")
    group = Customer.objects.create(key="G", name="Grain Group", kind="organisation")
    browser.post(f"{ada.get_absolute_url()}relations/", {"kind": "works-at", "other": "mill", "note": "buyer"})
    assert "works at The Mill buyer" in text_of(browser.get(ada.get_absolute_url()))
    assert "Ada Novak works at this customer buyer" in text_of(browser.get(mill.get_absolute_url()))
    relations.relate(act, mill, "part-of", group)
    answer = browser.post(f"{group.get_absolute_url()}relations/", {"kind": "part-of", "other": "M"})
    assert "so it cannot also be the other way round" in text_of(answer)
    assert Relation.objects.count() == 2


def test_one_of_several_of_a_name_is_chosen(browser: Client, ada: Customer) -> None:
    for key in ("M1", "M2"):
        Customer.objects.create(key=key, name="The Mill")
    at = f"{ada.get_absolute_url()}relations/"
    asked = browser.post(at, {"kind": "works-at", "other": "mill"}).content.decode()
    assert 'value="M1"' in asked
    browser.post(at, {"kind": "works-at", "other": "M2"})
    assert Relation.objects.get().other.key == "M2"


def test_a_hidden_address_tells_nobody_apart(client: Client, alice: User, ada: Customer) -> None:
    for key in ("M1", "M2"):
        Customer.objects.create(key=key, name="The Mill", email=f"{key}@mill.example")
    as_role(client, Role.AGENT)
    at, asked = f"{ada.get_absolute_url()}relations/", {"kind": "works-at", "other": "mill"}
    assert "M1@mill.example" in client.post(at, asked).content.decode()
    FieldRule.objects.create(role=Role.AGENT, noun=Noun.CUSTOMERS, field="email", access="hidden")
    page = client.post(at, asked).content.decode()
    assert 'value="M1"' in page
    assert "@mill.example" not in page
    assert client.post(at, asked | {"other": "M1@mill.example"}).status_code == 422, "found by no hidden field"


def test_a_file_is_kept_under_a_name_nobody_guesses_and_only_saved(browser: Client, alice: User, ada: Customer) -> None:
    at = f"{ada.get_absolute_url()}attachments/"
    browser.post(at, {"file": SimpleUploadedFile("../evil.html", b"<script>alert(1)</script>")})
    kept = ada.attachments.get()
    assert kept.name == "evil.html"
    assert "evil" not in str(attachments.place_of(kept.stored_as))
    answer = browser.get(f"{at}{kept.pk}/")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_too_large_leaves_nothing(act: Act, ada: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 10)
    with pytest.raises(attachments.TooLargeError):
        attachments.attach(act, ada, "big.bin", io.BytesIO(b"x" * 11))
    assert not ada.attachments.exists()
    folder = attachments.place_of("").parent
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_custom_fields_of_every_kind_are_defined_and_filled(browser: Client, act: Act, ada: Customer) -> None:
    given: dict[str, tuple[object, object]] = {
        "text": ("blue", "blue"),
        "number": ("3.5", Decimal("3.5")),
        "money": ("1200", Decimal(1200)),
        "date": ("2026-08-31", date(2026, 8, 31)),
        "choice": ("red", "Red"),
        "choices": (["Red", "Blue"], ["Red", "Blue"]),
        "yes-no": ("yes", True),
        "link": ("example.com/ada", "https://example.com/ada"),
    }
    for kind, (value, _kept) in given.items():
        browser.post("/settings/fields/", {"label": f"My {kind}", "kind": kind, "choices": "Red\nBlue\n"})
        key = fields.key_for(f"My {kind}")
        fields.fill(act, ada, {key: value})
    changed = AuditEntry.objects.filter(noun="customers", thing=str(ada.pk)).count()
    assert changed == len(given)
    page = text_of(browser.get(ada.get_absolute_url()))
    for words in ("My text blue", "My number 3.5", "My money 1,200", "My date 31 Aug 2026", "My yes-no yes"):
        assert words in page
    for kind, (_value, kept) in given.items():
        field = CustomField.objects.get(kind=kind)
        assert fields.fill(act, ada, {field.key: kept}) == {}, "nothing differs"


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("number", "many", "is no number"),
        ("number", "NaN", "more than can be kept"),
        ("date", "31.8.", "is no day"),
        ("choice", "green", "is none of Red"),
        ("yes-no", "perhaps", "neither yes nor no"),
        ("link", "not a link", "is no web address"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_kept(act: Act, ada: Customer, kind: str, value: str, told: str) -> None:
    field = fields.define(act, label="Thing", kind=kind, choices=["Red"])
    with pytest.raises(WrongValueError, match=told):
        fields.fill(act, ada, {field.key: value})
    assert not ada.custom_values.exists()


def test_a_removed_field_keeps_its_values_and_comes_back(browser: Client, act: Act, ada: Customer) -> None:
    field = fields.define(act, label="Size", kind="text")
    fields.fill(act, ada, {"size": "XL"})
    browser.post("/settings/fields/size/removal/")
    assert "XL" not in text_of(browser.get(ada.get_absolute_url()))
    browser.post("/settings/fields/size/return/")
    assert "Size XL" in text_of(browser.get(ada.get_absolute_url()))
    with pytest.raises(fields.FieldError, match="has the key size already"):
        fields.define(act, label="Size", kind="text")
    assert field.key == "size"


def test_fields_change_places(browser: Client, act: Act) -> None:
    for label in ("One", "Two"):
        fields.define(act, label=label, kind="text")
    browser.post("/settings/fields/two/up/")
    assert [field.key for field in CustomField.objects.all()] == ["two", "one"]


def test_a_reader_sees_and_changes_nothing(client: Client, alice: User, ada: Customer) -> None:
    as_role(client, Role.READ_ONLY)
    html = client.get(ada.get_absolute_url()).content.decode()
    assert "properties/name/" not in html
    assert client.get("/customers/new/").status_code == 403
    for more in ("properties/name/", "contact-points/", "consent/", "relations/", "attachments/", "removal/"):
        assert client.post(f"{ada.get_absolute_url()}{more}", {"value": "x"}).status_code == 403, more
    assert client.post("/settings/fields/", {"label": "X", "kind": "text"}).status_code == 403


def test_a_representative_sees_their_own_alone(client: Client, alice: User, ada: Customer) -> None:
    bob = as_role(client, Role.REP)
    assert client.get(ada.get_absolute_url()).status_code == 404
    assert client.post(f"{ada.get_absolute_url()}properties/name/", {"value": "x"}).status_code == 404
    Customer.objects.update(owner=bob)
    assert client.post(f"{ada.get_absolute_url()}properties/acquired_by/", {"value": "fair"}).status_code == 302


def test_a_hidden_field_is_on_no_page_and_a_locked_one_stays(client: Client, alice: User, ada: Customer) -> None:
    as_role(client, Role.AGENT)
    for field, access in (("acquisition_cost", "hidden"), ("stage", "read")):
        FieldRule.objects.create(role=Role.AGENT, noun=Noun.CUSTOMERS, field=field, access=access)
    html = client.get(ada.get_absolute_url()).content.decode()
    assert "Cost to win" not in html
    assert "properties/stage/" not in html
    assert client.get(f"{ada.get_absolute_url()}properties/acquisition_cost/").status_code == 404
    assert client.post(f"{ada.get_absolute_url()}properties/stage/", {"value": "closed"}).status_code == 403


def test_a_locked_address_is_not_written_by_its_contact_point(client: Client, alice: User, ada: Customer) -> None:
    reaching.keep_here(Act(alice, NOON), ada)
    point = reaching.add_contact_point(Act(alice, NOON), ada, "email", "ada@home.example")
    as_role(client, Role.AGENT)
    for field in ("email", "city"):
        FieldRule.objects.create(role=Role.AGENT, noun=Noun.CUSTOMERS, field=field, access="read")
    at, given = ada.get_absolute_url(), {"kind": "email", "value": "x@example.com"}
    for name in ("first_contact_point", "remove_contact_point", "contact_point"):
        assert client.post(reverse(name, args=[ada.pk, point.pk]), given).status_code == 403, name
    assert client.post(reverse("new_contact_point", args=[ada.pk]), given).status_code == 403
    assert client.post(reverse("new_address", args=[ada.pk]), {"city": "Wien"}).status_code == 403
    html = client.get(at).content.decode()
    assert reverse("contact_point", args=[ada.pk, point.pk]) not in html
    assert reverse("new_address", args=[ada.pk]) not in html
    new = client.post(reverse("new_customer"), given | {"name": "Cleo", "kind": "person", "stage": "prospect"})
    assert (new.status_code, Customer.objects.get(name="Cleo").email) == (302, "")


def test_a_customer_is_deleted_after_a_question(browser: Client, ada: Customer) -> None:
    at = f"{ada.get_absolute_url()}removal/"
    assert "Delete Ada Novak?" in text_of(browser.get(at))
    browser.post(at)
    assert not Customer.objects.exists()
    assert AuditEntry.objects.filter(verb="delete", thing_name="Ada Novak").exists()


def test_who_is_deleted_goes_with_those_merged_into_them_and_their_files(
    browser: Client, act: Act, ada: Customer, django_capture_on_commit_callbacks: Any
) -> None:
    other, third = (Customer.objects.create(key=key, name="Ada Novak") for key in ("C2", "C3"))
    for customer in (ada, third):
        attachments.attach(act, customer, "letter.txt", io.BytesIO(b"Dear Ada"))
    merge(other, [third], by=act.by, at=NOON)
    merge(ada, [other], by=act.by, at=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"{ada.get_absolute_url()}removal/").status_code == 302
    assert not Customer.everyone.exists()
    folder = attachments.place_of("").parent
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_somebody_almost_the_same_is_named_but_not_for_a_name_alone(browser: Client, ada: Customer) -> None:
    Customer.objects.filter(pk=ada.pk).update(name="Ada Novak", city="Graz", email="ada.novak@example.com")
    form = {"name": "Ada Nowak", "kind": "person", "stage": "prospect", "anyway": ""}
    link = ada.get_absolute_url()
    del form["anyway"]
    assert link in browser.post("/customers/new/", form | {"city": "graz"}).content.decode()
    assert link in browser.post("/customers/new/", form | {"email": "ada.nowak@example.com"}).content.decode()
    assert browser.post("/customers/new/", form | {"city": "Linz"}).status_code == 302
    assert Customer.objects.get(name="Ada Nowak").addresses.get().city == "Linz"


def test_changing_one_address_keeps_what_imports_told_here(act: Act, ada: Customer) -> None:
    ada.contact_points.all().delete()
    Customer.objects.filter(pk=ada.pk).update(email="ada@example.com", reached_by_hand=False)
    point = ada.contact_points.create(kind="phone", value="+38640123456", written="040 123 456")
    reaching.remove_contact_point(act, point)
    ada.refresh_from_db()
    assert (ada.reached_by_hand, ada.email) == (True, "ada@example.com")
