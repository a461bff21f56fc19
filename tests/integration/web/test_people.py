"""Who works here: invitations, roles, teams, accounts, keys and the audit log."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keepers.crm.people import audit_guard, deciding, membership, teams, tokens
from keepers.crm.people.audit import record
from keepers.crm.people.models import ApiToken, AuditEntry, FieldRule, Grant, Team, User
from keepers.crm.people.rights import hidden_fields, locked_fields, scope_of
from keepers.crm.people.roles import Noun, Role, Scope, Verb

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
SECRET = "correct horse battery"


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", password=SECRET, role=Role.OWNER)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", name="Bob Brown", password=SECRET, role=Role.REP)


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_whoever_is_invited_comes_in_by_the_link_with_the_role_and_team(browser: Client) -> None:
    north = Team.objects.create(name="North")
    asked = {"name": "Cara Cole", "email": "Cara@Example.com", "role": "rep", "team": north.pk}
    page = browser.post(reverse("members"), asked).content.decode()
    link = re.search(r'value="http://testserver(/welcome/[^"]+)"', page)
    assert link
    cara = Client()
    assert "cara@example.com" in cara.get(link[1]).content.decode()
    assert cara.post(link[1], {"name": "Cara Cole", "password": "short"}).status_code == 200
    assert cara.post(link[1], {"name": "Cara Cole", "password": SECRET}).status_code == 302
    user = User.objects.get(email="cara@example.com")
    assert (user.role, user.team, user.check_password(SECRET)) == ("rep", north, True)
    assert cara.get(reverse("account")).status_code == 200
    assert Client().get(link[1]).status_code == 410
    told = AuditEntry.objects.order_by("pk").values_list("verb", "actor_name")
    assert [each for each in told if each[0] in {"invite", "join"}] == [
        ("invite", "Alice Adler"),
        ("join", "Cara Cole"),
    ]


def test_nobody_gives_a_role_that_may_do_more_than_theirs(alice: User, bob: User) -> None:
    manager = User.objects.create_user("max@example.com", role=Role.MANAGER)
    asked = {"by": manager, "at": NOON, "email": "x@example.com", "name": "X", "team": None}
    with pytest.raises(membership.MembershipError, match='role "Owner" may do more than you'):
        membership.invite(role=Role.OWNER, **asked)
    with pytest.raises(membership.MembershipError, match="may do more"):
        membership.change_member(alice, by=manager, at=NOON, role=Role.REP, team=None, is_active=True)
    with pytest.raises(tokens.TokenError, match='role "Analyst" may do more than yours'):
        make(bob, role=Role.ANALYST)


def test_the_last_owner_stays_one(alice: User, bob: User) -> None:
    for role, is_active in ((Role.REP, True), (Role.OWNER, False)):
        with pytest.raises(membership.MembershipError, match="is the only owner"):
            membership.change_member(alice, by=alice, at=NOON, role=role, team=None, is_active=is_active)
    membership.change_member(bob, by=alice, at=NOON, role=Role.OWNER, team=None, is_active=True)
    bob.refresh_from_db()
    membership.change_member(alice, by=bob, at=NOON, role=Role.REP, team=None, is_active=True)
    alice.refresh_from_db()
    assert alice.role == Role.REP


def test_whoever_may_no_longer_sign_in_is_out_at_once(browser: Client, alice: User, bob: User) -> None:
    his = Client()
    his.force_login(bob)
    assert his.get(reverse("account")).status_code == 200
    browser.post(reverse("member", args=[bob.pk]), {"role": "rep", "team": ""})
    assert his.get(reverse("account")).status_code == 302


def test_a_team_is_never_below_itself(alice: User) -> None:
    head = teams.make_team("All", None, by=alice, at=NOON)
    north = teams.make_team("North", head, by=alice, at=NOON)
    with pytest.raises(teams.TeamError, match="North is below All"):
        teams.change_team(head, "All", north, by=alice, at=NOON)
    with pytest.raises(teams.TeamError, match='called "north"'):
        teams.make_team(" north ", None, by=alice, at=NOON)
    with pytest.raises(teams.TeamError, match="Teams are below All"):
        teams.remove_team(head, by=alice, at=NOON)
    assert [(branch.team.name, branch.depth) for branch in teams.tree()] == [("All", 0), ("North", 1)]


def test_a_role_is_decided_on_in_its_table_and_goes_back(browser: Client, bob: User) -> None:
    form = role_form(browser, "rep")
    assert form["customers-see"] == str(Scope.OWN.value)
    browser.post(reverse("role", args=["rep"]), form | {"customers-see": "3", "field-email": "hidden"})
    bob = User.objects.get(pk=bob.pk)
    assert scope_of(bob, Verb.SEE, Noun.CUSTOMERS) == Scope.ALL
    assert hidden_fields(bob, Noun.CUSTOMERS) == {"email"}
    assert (Grant.objects.count(), FieldRule.objects.count()) == (1, 1)
    browser.post(reverse("role_default", args=["rep"]))
    bob = User.objects.get(pk=bob.pk)
    assert scope_of(bob, Verb.SEE, Noun.CUSTOMERS) == Scope.OWN
    assert hidden_fields(bob, Noun.CUSTOMERS) == frozenset()


def test_a_field_that_is_only_seen_is_locked(alice: User, bob: User) -> None:
    deciding.rule_fields(Role.REP, Noun.CUSTOMERS, {"phone": "read", "email": "hidden"}, by=alice, at=NOON)
    assert hidden_fields(bob, Noun.CUSTOMERS) == {"email"}
    assert locked_fields(bob, Noun.CUSTOMERS) == {"email", "phone"}


def test_owners_may_always_do_everything(alice: User) -> None:
    with pytest.raises(deciding.DecisionError, match="Owners may do everything"):
        deciding.decide(Role.OWNER, {(Noun.PEOPLE, Verb.EDIT): Scope.NONE}, by=alice, at=NOON)


def test_a_key_opens_what_both_it_and_its_owner_may(alice: User, bob: User) -> None:
    made = make(alice, role=Role.REP, nouns=["customers", "tasks"], verbs=["see"])
    assert made.text.startswith(tokens.BEGINS)
    assert made.text not in str(list(ApiToken.objects.values_list()))
    user = tokens.user_by(found(made.text))
    assert scope_of(user, Verb.SEE, Noun.CUSTOMERS) == Scope.OWN
    assert scope_of(user, Verb.EDIT, Noun.CUSTOMERS) == Scope.NONE
    assert scope_of(user, Verb.SEE, Noun.AUDIT) == Scope.NONE
    deciding.decide(Role.REP, {(Noun.CUSTOMERS, Verb.SEE): Scope.NONE}, by=alice, at=NOON)
    assert scope_of(tokens.user_by(found(made.text)), Verb.SEE, Noun.CUSTOMERS) == Scope.NONE


def test_a_key_opens_nothing_once_it_has_ended_expired_or_its_owner_is_gone(alice: User, bob: User) -> None:
    expiring = make(bob, expires_at=NOON + timedelta(days=1))
    assert tokens.token_of(expiring.text, at=NOON + timedelta(days=1)) is None
    ended = make(bob)
    tokens.end_token(ended.token, by=bob, at=NOON)
    assert tokens.token_of(ended.text, at=NOON) is None
    bob.is_active = False
    bob.save()
    assert tokens.token_of(expiring.text, at=NOON) is None


def test_a_key_is_shown_once(browser: Client) -> None:
    asked = {"name": "Shop", "role": "owner", "nouns": ["customers"], "verbs": ["see", "edit"], "lasts": "30"}
    page = browser.post(reverse("api_tokens"), asked).content.decode()
    key = re.search(r'value="(kp_[^"]+)"', page)
    assert key
    assert tokens.token_of(key[1], at=datetime.now(UTC)) is not None
    again = browser.get(reverse("api_tokens")).content.decode()
    assert key[1] not in again
    assert key[1][: tokens.HINT] in again
    browser.post(reverse("end_token", args=[ApiToken.objects.get().pk]))
    assert tokens.token_of(key[1], at=datetime.now(UTC)) is None


def test_the_second_step_is_asked_for_once_it_is_on(client: Client, alice: User) -> None:
    sign_in(client, alice)
    activation = reverse("mfa_activate_totp")
    client.post(reverse("account_reauthenticate"), {"password": SECRET, "next": activation})
    page = client.get(activation, follow=True).content.decode()
    secret = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page)
    assert secret
    assert "<svg" in page
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    assert "It is on." in client.get(reverse("mfa_index")).content.decode()
    codes = re.findall(r"<code>(\d+)</code>", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    assert len(codes) == 10
    stranger = Client()
    assert sign_in(stranger, alice).headers["Location"].startswith(reverse("mfa_authenticate"))
    assert stranger.get(reverse("account")).status_code == 302
    assert stranger.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    stranger.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert stranger.get(reverse("account")).status_code == 200


def test_another_look_is_no_other_name(browser: Client, alice: User) -> None:
    browser.post(reverse("account"), {"name": alice.name, "theme": "dark"})
    alice.refresh_from_db()
    assert alice.theme == "dark"
    assert not AuditEntry.objects.filter(verb="edit").exists()
    browser.post(reverse("account"), {"name": "Alice Ahorn", "theme": "dark"})
    assert AuditEntry.objects.get(verb="edit").changes == {"name": ["Alice Adler", "Alice Ahorn"]}


def test_somebody_sees_where_they_are_signed_in_and_ends_it(client: Client, alice: User) -> None:
    phone = Client(headers={"user-agent": "A phone"})
    sign_in(client, alice)
    sign_in(phone, alice)
    page = client.get(reverse("sessions")).content.decode()
    assert "A phone" in page
    client.post(reverse("end_session", args=[UserSession.objects.get(user_agent="A phone").pk]))
    assert phone.get(reverse("account")).status_code == 302
    sign_in(phone, alice)
    client.post(reverse("end_other_sessions"))
    assert phone.get(reverse("account")).status_code == 302
    assert client.get(reverse("account")).status_code == 200


def test_sign_ins_and_failed_ones_are_told(client: Client, alice: User) -> None:
    client.post(reverse("account_login"), {"login": alice.email, "password": "wrong"})
    sign_in(client, alice)
    told = list(AuditEntry.objects.order_by("pk").values_list("verb", "actor_name", "via"))
    assert told == [("failed sign-in", "", "sign-in"), ("sign-in", "Alice Adler", "sign-in")]
    assert AuditEntry.objects.get(verb="failed sign-in").changes["e-mail"] == "alice@example.com"


def test_the_log_is_narrowed_and_taken_away(browser: Client, alice: User, bob: User) -> None:
    record(
        at=NOON,
        actor=bob,
        verb="edit",
        noun="customers",
        changes={"name": ["Ada", "=cmd()"], "tag": [None, "VIP"], "file": "all.csv"},
    )
    record(at=NOON - timedelta(days=1), actor=alice, verb="delete", noun="customers")
    page = browser.get(reverse("audit_log"), {"person": "bob", "day": "2026-08-12"}).content.decode()
    assert "Ada → =cmd()" in page
    assert "tag: – → VIP" in page
    assert "file: all.csv" in page
    assert "2026" in page
    assert page.count("<tr>") == 2
    file = b"".join(browser.get(reverse("audit_file"), {"verb": "delete"}).streaming_content).decode()
    assert "delete,customers" in file
    assert "Bob Brown" not in file
    assert AuditEntry.objects.filter(verb="export", noun="audit", changes={"rows": 1}).exists()


def test_a_manager_reads_of_their_team_only(client: Client, bob: User) -> None:
    north = Team.objects.create(name="North")
    manager = User.objects.create_user("max@example.com", name="Max", role=Role.MANAGER, team=north)
    record(at=NOON, actor=bob, verb="edit", noun="customers")
    client.force_login(manager)
    assert "Bob Brown" not in client.get(reverse("audit_log")).content.decode()
    User.objects.filter(pk=bob.pk).update(team=north)
    assert "Bob Brown" in client.get(reverse("audit_log")).content.decode()


def test_the_database_keeps_the_log(alice: User) -> None:
    audit_guard.install(connection)
    entry = record(at=NOON, actor=alice, verb="edit", noun="customers", thing=alice, changes={"name": ["Ada", "Eva"]})
    row = AuditEntry.objects.filter(pk=entry.pk)
    for attempt in ({"verb": "see"}, {"actor_name": "Mallory"}, {"changes": {"name": ["x", "y"]}}, {"thing_name": "x"}):
        with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
            row.update(**attempt)
    with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
        row.delete()
    row.update(changes={}, thing_name="")
    entry.refresh_from_db()
    assert (entry.verb, entry.changes, entry.thing_name) == ("edit", {}, "")


@pytest.mark.parametrize("name", ["members", "teams", "audit_log", "api_tokens", "sessions"])
def test_pages_ask_as_often_for_three_rows_as_for_one(browser: Client, alice: User, name: str) -> None:
    counts = []
    for number in range(3):
        User.objects.create_user(f"person{number}@example.com")
        Team.objects.create(name=f"Team {number}")
        make(alice)
        with CaptureQueriesContext(connection) as asked:
            browser.get(reverse(name))
        counts.append(len(asked))
    assert counts[0] == counts[2]


def make(user: User, **more: object) -> tokens.Made:
    given = {"name": "Shop", "role": Role(user.role), "nouns": ["customers"], "verbs": ["see"], "expires_at": None}
    return tokens.make_token(user, at=NOON, **(given | more))  # type: ignore[arg-type]


def found(text: str) -> ApiToken:
    token = tokens.token_of(text, at=NOON)
    assert token is not None
    return token


def sign_in(client: Client, user: User) -> HttpResponse:
    return client.post(reverse("account_login"), {"login": user.email, "password": SECRET})


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def role_form(browser: Client, role: str) -> dict[str, str]:
    form = browser.get(reverse("role", args=[role])).context["form"]
    return {name: str(form[name].value() or "") for name in form.fields}
