"""The tree of teams: each action one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import record
from keepers.crm.people.models import Team, User
from keepers.crm.people.rights import teams_below
from keepers.crm.people.roles import Noun


class TeamError(KeepersError):
    """A team cannot be like this."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A team in the tree, and how deep it lies."""

    team: Team
    depth: int
    members: int


def tree() -> list[Branch]:
    """The teams, each followed by those below it."""
    below: dict[int | None, list[Team]] = {}
    counted = dict(Team.objects.annotate(n=Count("members")).values_list("pk", "n"))
    for team in Team.objects.all():
        below.setdefault(team.parent_id, []).append(team)
    found: list[Branch] = []

    def walk(parent: int | None, depth: int) -> None:
        for team in below.get(parent, []):
            found.append(Branch(team, depth, counted[team.pk]))
            walk(team.pk, depth + 1)

    walk(None, 0)
    return found


def make_team(name: str, parent: Team | None, *, by: User, at: datetime) -> Team:
    """A new team.

    Raises:
        TeamError: it has no name, or another has it.
    """
    with transaction.atomic():
        team = Team.objects.create(name=_checked(name, None), parent=parent)
        changes = {"parent": [None, str(parent or "")]}
        record(at=at, actor=by, verb="create", noun=Noun.PEOPLE, thing=team, changes=changes)
    return team


def change_team(team: Team, name: str, parent: Team | None, *, by: User, at: datetime) -> None:
    """Call a team something else or put it below another.

    Raises:
        TeamError: it has no name, another has it, or it would be below itself.
    """
    if parent is not None and parent.pk in teams_below(team.pk):
        raise TeamError(f"{parent} is below {team}, or the same. Choose a team elsewhere in the tree.")
    before = {"name": team.name, "parent": str(team.parent or "")}
    with transaction.atomic():
        team.name, team.parent = _checked(name, team), parent
        team.save()
        changes = {"name": [before["name"], team.name], "parent": [before["parent"], str(parent or "")]}
        record(at=at, actor=by, verb="edit", noun=Noun.PEOPLE, thing=team, changes=changes)


def remove_team(team: Team, *, by: User, at: datetime) -> None:
    """Take a team away; its people and customers stay, without a team.

    Raises:
        TeamError: teams are below it.
    """
    if team.below.exists():
        raise TeamError(f"Teams are below {team}. Put them elsewhere first.")
    with transaction.atomic():
        record(at=at, actor=by, verb="delete", noun=Noun.PEOPLE, thing=team)
        team.delete()


def _checked(name: str, team: Team | None) -> str:
    wanted = " ".join(name.split())[:150]
    if not wanted:
        raise TeamError("Give the team a name.")
    others = Team.objects.exclude(pk=team.pk) if team else Team.objects.all()
    if others.filter(name__iexact=wanted).exists():
        raise TeamError(f'Another team is called "{wanted}". Choose another name.')
    return wanted
