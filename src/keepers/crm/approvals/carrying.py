"""What an approval becomes: lots first, then who is held out, then the list, then the tasks.

The lots are kept in the warehouse under the approval's name before anything else is made, and whoever begins again
reads them instead of drawing. Each later step leaves out what is there. So a worker that dies anywhere is followed by
one that ends the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.approvals.models import Approval, Member
from keepers.crm.approvals.queries import also_reached, kept_from, lines_of, wanted_by
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.holding.copying import hold
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import Publication
from keepers.crm.work.models import Task
from keepers.crm.work.queries import stakes_of
from keepers.crm.work.room import Room
from keepers.decisions.terms.doing import cost_within
from keepers.experiments.assigning import Lottery
from keepers.experiments.holding_out import PARTED_BY
from keepers.loop.experiments.experimenting import draw_among, held_out_on
from keepers.warehouse.delta import DeltaStore

LOCK_TIMEOUT = 600.0
AT_ONCE = 500


class PlanGoneError(KeepersError):
    """The plan whose step was approved is no longer kept."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A customer who may be reached."""

    customer: int
    cost: float | None
    gain: float | None
    probability: float = 1.0
    also_as: str = ""


_NO_LINE = _Line(0, None, None)  # of whoever was drawn by a plan that is gone


def act(job: Job, tell: Teller) -> dict[str, Any]:
    """Do all of an approval that is not done yet.

    Raises:
        PlanGoneError: its plan went before any lot was drawn.
        NothingToDoError: nobody is left whom it may reach.
        WriterBusyError: another process is writing.
    """
    approval = Approval.objects.select_related("by").get(pk=job.asked["approval"])
    at, today = timezone.now(), timezone.localdate()
    if approval.made_at is None:
        tell("drawing")
        reached = _drawn(approval, today)
        tell("listing", rows=len(reached))
        _keep_members(approval, reached)
        tell("giving")
        if approval.makes_tasks:
            _make_tasks(approval, tell, today=today, at=at)
        _end(approval, at)
    return {"reached": approval.reached, "held": approval.held, "tasks": approval.tasks_made}


def _drawn(approval: Approval, today: date) -> list[_Line]:
    """Whom the lots let the action reach; the others are held out everywhere before anybody is listed."""
    with settings.WORKSPACE.opened(lock_timeout=LOCK_TIMEOUT) as store:
        lines = _lines(approval, store, today)
        if not approval.held_share:
            return list(lines.values())
        name = PARTED_BY.join(approval.parts)
        lottery = Lottery(approval.experiment, name, approval.held_share, {approval.action: 1.0}, seed=approval.pk)
        costs = {key: line.cost for key, line in lines.items()}
        rows = draw_among(store, lottery, costs, assigned_at=approval.at, held_until=approval.held_until)
    known = _known(rows["customer_id"].to_pylist())
    keys, numbers = pa.array(list(known), pa.string()), pa.array(list(known.values()), pa.int64())
    held = hold(Pace(), rows, keys, numbers, day=today)
    Approval.objects.filter(pk=approval.pk).update(held=held)
    approval.held = held
    treated = rows.filter(pc.equal(rows["arm"], approval.action)).select(["customer_id", "cost", "probability"])
    return [
        replace(
            lines.get(row["customer_id"], _NO_LINE),
            customer=known[row["customer_id"]],
            cost=row["cost"],
            probability=row["probability"],
        )
        for row in treated.to_pylist()
        if row["customer_id"] in known
    ]


def _lines(approval: Approval, store: DeltaStore, today: date) -> dict[str, _Line]:
    """Those of the step whom the action may reach, by the key that the warehouse knows them by."""
    publication = Publication.objects.filter(run_id=approval.run_id, finished_at__isnull=False).first()
    if publication is None:
        if f"{approval.experiment}" in pc.unique(store.query("assignments")["experiment"]).to_pylist():
            return {}
        raise PlanGoneError(
            _("The plan of run %(run)s is no longer kept. Approve the step of the plan that the pages show now.")
            % {"run": approval.run_id}
        )
    wanted = wanted_by(approval)
    also = also_reached(publication, wanted)
    kept = kept_from(wanted.parts, approval.way, day=today, but=approval, also=also)
    names = {customer: name for name, some in also.items() for customer in some}
    found, passed_over = dict[str, _Line](), dict[str, int]()
    rows = (
        lines_of(publication, wanted)
        .order_by("pk")
        .values_list("customer_id", "customer__key", "cost", "expected_gain")
    )
    for customer, key, cost, gain in rows.iterator():
        why = next((name for name, customers in kept.items() if customer in customers), None)
        if why is not None:
            passed_over[why] = passed_over.get(why, 0) + 1
        else:
            within = cost_within(approval.action, cost, approval.days)
            found[key] = _Line(customer, within, gain, also_as=names.get(customer, ""))
    free = _free(approval, store, found, today)
    own = set(_keys_drawn(store, approval))
    leaked = [key for key in found if key not in free and key not in own]
    if leaked:
        passed_over["held"] = passed_over.get("held", 0) + len(leaked)
    Approval.objects.filter(pk=approval.pk).update(passed_over=passed_over)
    approval.passed_over = passed_over
    return {key: line for key, line in found.items() if key in free or key in own}


def _free(approval: Approval, store: DeltaStore, lines: Mapping[str, _Line], today: date) -> set[str]:
    """Those whom no lot in the warehouse keeps from it, by either name that it has with them."""
    held, by_name = held_out_on(store, today), dict[str, list[str]]()
    for key, line in lines.items():
        by_name.setdefault(line.also_as, []).append(key)
    parts = {name: PARTED_BY.join([*approval.parts, *([name] if name else [])]) for name in by_name}
    return {key for name, keys in by_name.items() for key in held.allowed(parts[name], keys)}


def _keys_drawn(store: DeltaStore, approval: Approval) -> list[str]:
    rows = store.query("assignments")
    keys: list[str] = rows.filter(pc.equal(rows["experiment"], approval.experiment))["customer_id"].to_pylist()
    return keys


def _known(keys: Sequence[str]) -> dict[str, int]:
    """Primary keys of the customers who are still there; of those who were merged, of whom they are now."""
    found = dict[str, int]()
    for start in range(0, len(keys), AT_ONCE):
        rows = Customer.objects.filter(key__in=keys[start : start + AT_ONCE]).values_list("key", "pk")
        found |= dict(rows)
    return found


def _keep_members(approval: Approval, reached: Sequence[_Line]) -> None:
    """Rows that are there already stay as they are."""
    columns = {
        "approval_id": pa.array([approval.pk] * len(reached), pa.int64()),
        "customer_id": pa.array([line.customer for line in reached], pa.int64()),
        "probability": pa.array([line.probability for line in reached], pa.float64()),
        "cost": pa.array([line.cost for line in reached], pa.float64()),
        "expected_gain": pa.array([line.gain for line in reached], pa.float64()),
        "also_as": pa.array([line.also_as for line in reached], pa.string()),
    }
    chunks.insert(Pace(), Member._meta.db_table, pa.table(columns))


def _make_tasks(approval: Approval, tell: Teller, *, today: date, at: datetime) -> None:
    """Give those reached who have none their tasks, those worth most first, as far as people have room."""
    waiting = dict(approval.members.filter(task=None).values_list("customer_id", "pk"))
    stakes = {pk: worth for part in _parts(list(waiting)) for pk, worth in stakes_of(part).items()}
    people = list(approval.people.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    room = Room(people, a_day=approval.a_day, first=today, last=approval.held_until)
    done, order = 0, sorted(waiting, key=lambda pk: (-stakes.get(pk, 0.0), pk))
    for part in _parts(order):
        owned = Customer.objects.filter(pk__in=part, owner__is_active=True).values_list("pk", "owner_id")
        owners = dict(owned)
        users = User.objects.in_bulk({*people, *(owner for owner in owners.values() if owner)})
        places = {pk: room.take(owners.get(pk), today) for pk in part}
        tasks = [
            _task(approval, pk, users.get(place[0] or 0), place[1], stakes.get(pk), at)
            for pk, place in places.items()
            if place is not None
        ]
        with transaction.atomic():
            for task in Task.objects.bulk_create(tasks):
                Member.objects.filter(pk=waiting[task.customer_id or 0]).update(task=task)
            changed([task.customer_id for task in tasks if task.customer_id], at=at)
        done += len(part)
        tell("giving", rows=done)


def _task(approval: Approval, customer: int, owner: User | None, day: date, stake: float | None, at: datetime) -> Task:
    told = _("The plan: %(decision)s, %(action)s.") % {"decision": approval.decision, "action": approval.action}
    return Task(
        kind=approval.way,
        title=approval.name,
        customer_id=customer,
        owner=owner,
        team_id=None if owner is None else owner.team_id,
        due_on=day,
        reason=told[:255],
        stake=stake,
        made_by=approval.by,
        made_at=at,
    )


def _end(approval: Approval, at: datetime) -> None:
    """Say what came of it, once."""
    with transaction.atomic():
        told = approval.members.aggregate(reached=Count("pk"), cost=Sum("cost"), tasks=Count("task"))
        approval.reached, approval.cost, approval.tasks_made = told["reached"], told["cost"], told["tasks"]
        approval.no_room = told["reached"] - told["tasks"] if approval.makes_tasks else 0
        approval.made_at = at
        names = ("reached", "cost", "tasks_made", "no_room", "made_at")
        open_still = Approval.objects.filter(pk=approval.pk, made_at=None)
        if open_still.update(**{name: getattr(approval, name) for name in names}):
            changes = {"reached": approval.reached, "held": approval.held, "tasks": approval.tasks_made}
            about = {"experiment": approval.experiment, "action": approval.action}
            record(
                at=at, actor=approval.by, verb="approve", noun=Noun.CAMPAIGNS, thing=approval, changes=changes | about
            )


def _parts(pks: Sequence[int]) -> list[Sequence[int]]:
    return [pks[start : start + AT_ONCE] for start in range(0, len(pks), AT_ONCE)]
