"""Two customers become one, and two again.

Nothing is deleted. Whatever belongs to the one that is absorbed goes over to the one that is kept; what the kept one
has already (the same e-mail, the same relation, another value in the same field) stays with the absorbed one, whose
row stays too, out of sight. So undoing a merge takes back what went over, and nothing else. Facts in the warehouse
are not touched: its keys change (`keys.py`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.acquisitions import tell_acquisitions
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.duplicates.keys import ask_for_telling
from keepers.crm.customers.duplicates.models import KeyChange, Merge, Pair
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.writing import chunks
from keepers.crm.people.audit import record
from keepers.crm.people.models import User

FILLED = ("name", "email", "phone", "city", "country", "owner_id", "team_id", "acquired_by", "acquired_on")
LIVES = ("street", "postal_code")
STAY = frozenset(
    {
        "portfolio.CustomerValue",
        "portfolio.PlanLine",
        "duplicates.Pair",
        "duplicates.Merge",
        "customers.Customer",
        "customers.StaleCustomer",
        "customers.AcquisitionTold",
    }
)
"""What does not go over: published values and plans are of a run, and the rows that tell of merges to themselves."""
TOGETHER = {"customers.CustomValue": ["field_id"]}
"""Rows that are one answer where these are equal, the choices of a field say: all of them go over, or none."""
LEAST_WANTED = {Consent.State.GIVEN: 0, Consent.State.REFUSED: 1, Consent.State.WITHDRAWN: 2}
AT_ONCE = 500


class MergeError(KeepersError):
    """These customers cannot be merged, or parted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do.

    moved: rows that would go over, by what they are
    filled: fields of the kept one that would be filled
    stricter: consents of the kept one that the absorbed one's refusal would end
    """

    moved: Mapping[str, int]
    filled: Sequence[str]
    stricter: int


@dataclass(slots=True)
class _Plan:
    """One group: who is kept, who is absorbed, and what was done with each."""

    kept: Customer
    absorbed: list[Customer]
    moved: dict[int, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


def best_of(customers: Sequence[Customer]) -> Customer:
    """Whom to keep: who came by orders, then who is known best, then the oldest."""
    return min(customers, key=lambda each: (each.created_at is not None, -_known(each), each.pk))


def preview(kept: Customer, absorbed: Sequence[Customer], *, at: datetime) -> Preview:
    """What merging would do; nothing is changed."""
    with transaction.atomic():
        merges = merge(copy(kept), absorbed, by=None, at=at)
        moved: dict[str, int] = defaultdict(int)
        for each in merges:
            for name, pks in each.moved.items():
                label = apps.get_model(name.rpartition(".")[0])._meta.verbose_name_plural
                moved[str(label)] += len(pks)
        filled = sorted({name.removesuffix("_id") for each in merges for name in each.before})
        found = Preview(dict(moved), filled, sum(len(each.consents) for each in merges))
        transaction.set_rollback(True)
    return found


def merge(kept: Customer, absorbed: Sequence[Customer], *, by: User | None, at: datetime, via: str = "") -> list[Merge]:
    """Make several customers one; a row of `Merge` for each that is absorbed.

    Raises:
        MergeError: one of them was merged already, is the kept one, or is being forgotten.
    """
    return merge_groups([(kept, absorbed)], by=by, at=at, via=via)


def merge_groups(
    groups: Sequence[tuple[Customer, Sequence[Customer]]],
    *,
    by: User | None,
    at: datetime,
    via: str = "",
) -> list[Merge]:
    """The same for many groups, in one transaction.

    Raises:
        MergeError: somebody is in two groups, was merged already, or is being forgotten.
    """
    with transaction.atomic():
        plans = [_Plan(kept, list(absorbed)) for kept, absorbed in groups]
        _refuse_impossible(plans)
        consents = _stricter_consents(plans)
        for relation in _relations():
            _move(relation, plans)
        before = {plan.kept.pk: _fill(plan, at) for plan in plans}
        return _kept_as_rows(plans, consents, before, by=by, at=at, via=via)


def undo(merged: Merge, *, by: User | None, at: datetime) -> None:
    """Part two customers again: what went over goes back, what was filled is emptied, what was told is told anew.

    What somebody wrote since stays: another value in a field that was filled, a newer word on a consent.

    Raises:
        MergeError: it was undone already, or the kept one was merged since.
    """
    with transaction.atomic():
        _tell_parted([_part(merged.pk, by, at, apart=True)], by, at)


def undo_many(merges: Sequence[int], *, by: User | None, at: datetime) -> int:
    """The same for many merges, in one transaction; how many. Their pairs wait to be decided again.

    Those that cannot be undone, as the kept one was merged since, stay.
    """
    parted: list[Merge] = []
    with transaction.atomic():
        for pk in merges:
            with suppress(MergeError):  # nothing is written before it is raised
                parted.append(_part(pk, by, at, apart=False))
        _tell_parted(parted, by, at)
    return len(parted)


def _part(pk: int, by: User | None, at: datetime, *, apart: bool) -> Merge:
    found = Merge.objects.select_for_update(of=("self",)).select_related("absorbed", "kept").get(pk=pk)
    _refuse_undoing(found)
    kept = found.kept
    for name, pks in found.moved.items():
        label, _dot, attribute = name.rpartition(".")
        _rows_of(label).filter(pk__in=pks, **{attribute: kept.pk}).update(**{attribute: found.absorbed_id})
    if found.before:
        for name, value in found.before.items():
            if getattr(kept, name) == getattr(found.absorbed, name):
                setattr(kept, name, value)
        kept.save()
    Customer.everyone.filter(pk=found.absorbed_id).update(merged_into=None)
    _let_count_again(found)
    _settle_parted(found, by, at, apart=apart)
    return found


def _tell_parted(parted: Sequence[Merge], by: User | None, at: datetime) -> None:
    Merge.objects.filter(pk__in=[each.pk for each in parted]).update(undone_at=at, undone_by=by)
    KeyChange.objects.bulk_create(KeyChange(merge=each, is_undoing=True) for each in parted)
    people = {pk for each in parted for pk in (each.kept_id, each.absorbed_id)}
    changed(people, at=at)
    tell_acquisitions(people, at=at)
    transaction.on_commit(lambda: ask_for_telling(at))
    for each in parted:
        named = {"of": str(each.absorbed)}
        record(at=at, actor=by, verb="undo merge", noun="customers", thing=each.kept, changes=named)


def _refuse_impossible(plans: Sequence[_Plan]) -> None:
    named = [customer.pk for plan in plans for customer in (plan.kept, *plan.absorbed)]
    if len(named) != len(set(named)):
        raise MergeError(_("A customer cannot be merged into themselves, or into two others."))
    gone = Customer.everyone.filter(pk__in=named).exclude(merged_into=None).first()
    if gone is not None:
        raise MergeError(_("%(name)s was merged into %(other)s already.") % {"name": gone, "other": gone.merged_into})
    forgettings = apps.get_model("privacy", "Forgetting")._base_manager
    if forgettings.filter(number__in=named, done_at=None).exists():
        raise MergeError(_("One of them is being forgotten at their own wish. Wait until that is done."))


def _refuse_undoing(found: Merge) -> None:
    if found.undone_at is not None:
        raise MergeError(_("This merge was undone already."))
    if found.kept.merged_into_id is not None:
        raise MergeError(_("%(name)s was merged since. Undo that merge first.") % {"name": found.kept})


def _settle_parted(found: Merge, by: User | None, at: datetime, *, apart: bool) -> None:
    """Nobody asks about them again; or else the pairs that the merge decided are undecided."""
    if apart:
        one, other = sorted((found.kept_id, found.absorbed_id))
        Pair.objects.filter(one=one, other=other).update(state=Pair.State.APART, decided_at=at, decided_by=by)
        return
    merged = Pair.objects.filter(state=Pair.State.MERGED, decided_at=found.at)
    for end in ("one", "other"):
        merged.filter(**{end: found.absorbed_id}).update(state=Pair.State.OPEN, decided_at=None, decided_by=None)


def _let_count_again(found: Merge) -> None:
    """Where a question has no answer that counts: the one that the merge ended, or else the newest that went back."""
    asked_about = [*found.consents, *found.moved.get("customers.Consent.customer_id", [])]
    back = Consent.objects.filter(pk__in=asked_about) if asked_about else ()
    for consent in sorted(back, key=lambda each: (each.pk in found.consents, each.at, each.pk), reverse=True):
        asked = {"customer": consent.customer_id, "channel": consent.channel, "purpose": consent.purpose}
        if not Consent.objects.filter(**asked, is_latest=True).exists():
            Consent.objects.filter(pk=consent.pk).update(is_latest=True)


def _relations() -> Iterator[models.ForeignKey[Any, Any]]:
    """Every field of every table that leads to a customer, whichever desk it is of."""
    for relation in Customer._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model._meta.label not in STAY:
            yield relation.field


def _move(to_customer: models.ForeignKey[Any, Any], plans: Sequence[_Plan]) -> None:
    """Rows of one kind go over, but those that the kept one has already."""
    model, attribute = to_customer.model, to_customer.attname
    kept_of = {customer.pk: plan.kept.pk for plan in plans for customer in plan.absorbed}
    plan_of = {plan.kept.pk: plan for plan in plans}
    same, others = _unique_names(model, to_customer), _other_customers(model, to_customer)
    rows = list(_rows_of(model._meta.label).filter(**{f"{attribute}__in": [*kept_of, *plan_of]}).order_by("pk"))
    theirs = [(row, getattr(row, attribute)) for row in rows if getattr(row, attribute) in plan_of]
    taken = {key: kept for row, kept in theirs for key in _keys(row, same, kept)}
    going: dict[int, int] = {}
    for row in rows:
        absorbed = getattr(row, attribute)
        kept = kept_of.get(absorbed)
        if kept is None or any(getattr(row, other) == kept for other in others):
            continue
        keys = _keys(row, same, kept)
        if any(taken.get(key, absorbed) != absorbed for key in keys):
            continue
        taken |= dict.fromkeys(keys, absorbed)
        going[row.pk] = kept
        plan_of[kept].moved[absorbed][f"{model._meta.label}.{attribute}"].append(row.pk)
    chunks.lead(model._meta.db_table, attribute, going)


def _unique_names(model: type[models.Model], to_customer: models.ForeignKey[Any, Any]) -> list[list[str]]:
    """What may be there once a customer: the other fields of each unconditional rule of uniqueness."""
    rules = [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    plain = [list(rule.fields) for rule in rules if to_customer.name in rule.fields and rule.condition is None]
    plain += [list(names) for names in model._meta.unique_together if to_customer.name in names]
    found = [[model._meta.get_field(name).attname for name in names if name != to_customer.name] for names in plain]  # type: ignore[union-attr]
    return [*found, TOGETHER[model._meta.label]] if model._meta.label in TOGETHER else found


def _other_customers(model: type[models.Model], to_customer: models.ForeignKey[Any, Any]) -> list[str]:
    """Other fields of the table that lead to a customer: nobody is their own relation."""
    found = (each for each in model._meta.concrete_fields if each.related_model is Customer and each != to_customer)
    return [each.attname for each in found]


def _keys(row: models.Model, same: Sequence[Sequence[str]], customer: int) -> list[tuple[Any, ...]]:
    return [(number, customer, *(getattr(row, name) for name in names)) for number, names in enumerate(same)]


def _stricter_consents(plans: Sequence[_Plan]) -> dict[int, list[int]]:
    """Of two answers to one question the stricter counts; the rows that no longer do, by the customer absorbed."""
    people = [customer.pk for plan in plans for customer in (plan.kept, *plan.absorbed)]
    latest = Consent.objects.filter(customer__in=people, is_latest=True)
    asked: dict[tuple[int, str, str], list[Consent]] = defaultdict(list)
    kept_of = {customer.pk: plan.kept.pk for plan in plans for customer in (plan.kept, *plan.absorbed)}
    for consent in latest:
        asked[kept_of[consent.customer_id], consent.channel, consent.purpose].append(consent)
    overruled: dict[int, list[int]] = defaultdict(list)
    for answers in asked.values():
        counts = max(answers, key=lambda each: (LEAST_WANTED[Consent.State(each.state)], each.at, each.pk))
        for each in answers:
            if each is not counts:
                absorbed = each.customer_id if each.customer_id != kept_of[each.customer_id] else counts.customer_id
                overruled[absorbed].append(each.pk)
    Consent.objects.filter(pk__in=[pk for pks in overruled.values() for pk in pks]).update(is_latest=False)
    return overruled


def _fill(plan: _Plan, at: datetime) -> dict[int, dict[str, Any]]:
    """What the kept one lacks is taken over; what it had, by the customer absorbed."""
    before: dict[int, dict[str, Any]] = {}
    for absorbed in plan.absorbed:
        lacking = [name for name in _filled_by(plan.kept) if not getattr(plan.kept, name) and getattr(absorbed, name)]
        before[absorbed.pk] = {name: getattr(plan.kept, name) for name in lacking}
        for name in lacking:
            setattr(plan.kept, name, getattr(absorbed, name))
    if any(before.values()):
        plan.kept.changed_at = at
        plan.kept.save()
    return before


def _kept_as_rows(
    plans: Sequence[_Plan],
    consents: Mapping[int, list[int]],
    before: Mapping[int, Mapping[int, dict[str, Any]]],
    *,
    by: User | None,
    at: datetime,
    via: str,
) -> list[Merge]:
    merges = [
        Merge(
            kept=plan.kept,
            absorbed=absorbed,
            at=at,
            by=by,
            moved=dict(plan.moved.get(absorbed.pk, {})),
            before=before[plan.kept.pk][absorbed.pk],
            consents=consents.get(absorbed.pk, []),
        )
        for plan in plans
        for absorbed in plan.absorbed
    ]
    Merge.objects.bulk_create(merges, batch_size=AT_ONCE)
    KeyChange.objects.bulk_create([KeyChange(merge=each) for each in merges], batch_size=AT_ONCE)
    gone = {absorbed.pk: plan.kept.pk for plan in plans for absorbed in plan.absorbed}
    chunks.lead(Customer._meta.db_table, "merged_into_id", gone)
    for plan in plans:
        names = [str(each) for each in plan.absorbed]
        record(at=at, actor=by, verb="merge", noun="customers", thing=plan.kept, changes={"absorbed": names}, via=via)
    _settle_pairs(plans, by, at)
    changed([plan.kept.pk for plan in plans], at=at)
    tell_acquisitions([plan.kept.pk for plan in plans], at=at)
    transaction.on_commit(lambda: ask_for_telling(at))
    return merges


def _settle_pairs(plans: Sequence[_Plan], by: User | None, at: datetime) -> None:
    gone = [customer.pk for plan in plans for customer in plan.absorbed]
    waiting = Pair.objects.filter(state=Pair.State.OPEN)
    for end in ("one", "other"):
        waiting.filter(**{f"{end}__in": gone}).update(state=Pair.State.MERGED, decided_at=at, decided_by=by)


def _filled_by(kept: Customer) -> Sequence[str]:
    """What an absorbed customer may fill in; street and postal code only where the kept one lives nowhere yet."""
    return (*FILLED, *LIVES) if not (kept.city or any(getattr(kept, name) for name in LIVES)) else FILLED


def _known(customer: Customer) -> int:
    return sum(bool(getattr(customer, name)) for name in FILLED)


def _rows_of(label: str) -> models.QuerySet[Any]:
    """Every row of a table, those of merged customers too."""
    rows: models.QuerySet[Any] = apps.get_model(label)._base_manager.all()
    return rows
