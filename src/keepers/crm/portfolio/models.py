"""What a run of the loop published: the values that lists and pages read, whole or not at all."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from keepers.core.percent import percent
from keepers.core.periods import Period
from keepers.crm.customers.models import Customer
from keepers.crm.portfolio.orders import LineOrder, Order
from keepers.decisions.terms.doing import GIVEN_UP, WIN_BACK

SPAN = 2**32  # more than there are customers
MAY_BE_GONE = frozenset({WIN_BACK, *GIVEN_UP})  # decisions on which it bears whether somebody comes back unasked
OLD_AFTER = timedelta(weeks=5)  # then pages say that the orders end long ago


class GivenNumber(models.BigIntegerField[int, int]):
    """A primary key whose numbers we give: on SQLite the table itself is sorted by it, without an index beside it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """SQLite sorts a table by its key only where that is called an integer."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class Publication(models.Model):
    """A run's values in the app database. It counts once `CurrentPublication` points to it."""

    run_id = models.CharField(max_length=64)
    as_of = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    grade = models.CharField(max_length=200, blank=True)
    customers = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    run: models.JSONField[Any, Any] = models.JSONField(default=dict)  # the run's row: parameters, input, base, backtest
    glance: models.JSONField[Any, Any] = models.JSONField(default=dict)  # the counts of Today, from `glance_at`
    known: models.JSONField[Any, Any] = models.JSONField(default=dict)  # how many customers have what an order is by
    plan = models.ForeignKey("PublishedPlan", on_delete=models.SET_NULL, null=True, related_name="+")  # null: none

    def __str__(self) -> str:
        return self.run_id

    @property
    def margin(self) -> float | None:
        """The share of revenue that was taken as margin where lines have no cost."""
        margin: float | None = self.assumption("margin")
        return margin

    @property
    def valued_on(self) -> date | None:
        """The day on which the run was made."""
        started = self.run.get("started_at")
        return None if started is None else datetime.fromisoformat(started).date()

    @property
    def is_old(self) -> bool:
        """Whether so much time has gone by since its orders that whoever acts on it should know."""
        return timezone.localdate() - self.as_of > OLD_AFTER

    @property
    def cap(self) -> str:
        """How far residual value looks, in words."""
        return Period(self.assumption("value_cap") or 0).in_words()

    def assumption(self, name: str) -> Any:
        """What the run assumed."""
        return self.run.get("parameters", {}).get("assumptions", {}).get(name)


class CurrentPublication(models.Model):
    """One row: which publication the pages show."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.publication_id)


class CustomerValue(models.Model):
    """What a run knows of a customer; the columns of the warehouse's `customer_values`, and places in the orders.

    A publication's rows lie together, in the order of customers: the id holds both. What lists filter by comes first.
    """

    id = GivenNumber(primary_key=True)
    publication = models.ForeignKey(
        Publication, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False
    )  # whoever removes one finds its values by their ids
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="values", db_index=False)
    group = models.CharField(max_length=20, blank=True)
    orders = models.PositiveIntegerField()
    first_order = models.DateField()
    last_order = models.DateField()
    next_order_due = models.DateField(null=True)
    probability_alive = models.FloatField(null=True)
    residual_value = models.FloatField(null=True)
    residual_value_low = models.FloatField(null=True)
    residual_value_high = models.FloatField(null=True)
    place_by_value = models.PositiveIntegerField()
    place_by_low = models.PositiveIntegerField()
    place_by_chance = models.PositiveIntegerField()
    place_by_last_order = models.PositiveIntegerField()
    place_by_next_due = models.PositiveIntegerField()
    mean_order_value = models.FloatField(null=True)
    expected_orders = models.FloatField(null=True)
    orders_low = models.FloatField(null=True)
    orders_high = models.FloatField(null=True)
    expected_order_value = models.FloatField(null=True)
    period_value = models.FloatField(null=True)
    period_value_low = models.FloatField(null=True)
    period_value_high = models.FloatField(null=True)
    remaining_lifetime = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    next_products = models.TextField(blank=True, default="", db_default="")  # the first of what they may buy next

    class Meta:
        """A customer has one row a publication, and whoever removes the customer finds it by an index."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "publication"], name="one_value_a_publication")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.publication_id}"

    @property
    def revenue_so_far(self) -> float | None:
        """What the customer has paid, net of returns."""
        return None if self.mean_order_value is None else self.mean_order_value * self.orders

    @staticmethod
    def number(publication: int, customer: int) -> int:
        """The id of a customer's row in a publication."""
        return publication * SPAN + customer

    @classmethod
    def all_of(cls, publication: Publication) -> models.QuerySet["CustomerValue"]:
        """A publication's rows, found as they lie."""
        first = cls.number(publication.pk, 0)
        return cls.objects.filter(pk__gte=first, pk__lt=first + SPAN)


class PublishedPlan(models.Model):
    """A plan of a run as the pages show it; whole once a publication names it.

    limits: those that a person set; account: what `keepers plan --json` says of it
    steps: from `plan.steps_of`; compared: from `moves.moves_of`
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="plans")
    plan_id = models.CharField(max_length=120)
    limits: models.JSONField[Any, Any] = models.JSONField(default=dict)
    account: models.JSONField[Any, Any] = models.JSONField(default=dict)
    steps: models.JSONField[Any, Any] = models.JSONField(default=list)
    compared: models.JSONField[Any, Any] = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.plan_id


class PlanLine(models.Model):
    """What a plan says of a customer; the columns of the warehouse's `plan_lines`.

    A step of the plan, a decision by one action, is a range of ids, those with whom most is gained first.
    `moved_from` is what the plan before said, where that differs.
    """

    id = GivenNumber(primary_key=True)
    plan = models.ForeignKey(
        PublishedPlan, on_delete=models.DO_NOTHING, related_name="lines", db_index=False, db_constraint=False
    )  # lines are removed by their ids before their plan
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="plan_lines", db_index=False)
    decision = models.CharField(max_length=40)
    action = models.CharField(max_length=200)
    level = models.CharField(max_length=40, blank=True)
    cost = models.FloatField(null=True)
    expected_gain = models.FloatField(null=True)
    expected_gain_low = models.FloatField(null=True)
    expected_gain_high = models.FloatField(null=True)
    mailed_margin = models.FloatField(null=True)
    mailed_margin_low = models.FloatField(null=True)
    mailed_margin_high = models.FloatField(null=True)
    value_at_stake = models.FloatField(null=True)
    chance_back = models.FloatField(null=True)
    evidence = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    moved_from = models.CharField(max_length=40, null=True)  # an index holds those alone that have one

    class Meta:
        """A customer has one line a plan."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "plan"], name="one_plan_line_a_customer")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["plan", "moved_from", "decision"],
                name="lines_that_moved",
                condition=models.Q(moved_from__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.decision}"

    @property
    def publication(self) -> Publication:
        """The publication whose run it is of."""
        return self.plan.publication

    @property
    def back(self) -> float | None:
        """The chance that they come back unasked, where it bears on what is decided."""
        return self.chance_back if self.decision in MAY_BE_GONE else None

    @staticmethod
    def number_in(plan: int, place: int) -> int:
        """The id of a line of a plan."""
        return plan * SPAN + place


class ProductOffer(models.Model):
    """A customer to whom a run would offer a product, or a category; the columns of the warehouse's `next_products`.

    A publication's rows lie together, those of one product best first. `action` is how an approval of it is called.
    `also_as` is the promotion by which the same offer would reach the customer too: of a category that of the product
    which they are told of, and of this product the category's.
    """

    id = GivenNumber(primary_key=True)
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="offers")
    action = models.CharField(max_length=200)
    of_category = models.BooleanField(default=False, db_default=False)  # not of one product: each gets their best
    also_as = models.CharField(max_length=200, blank=True, default="", db_default="")
    chance = models.FloatField()
    chance_offered = models.FloatField()
    cost = models.FloatField()
    expected_gain = models.FloatField()
    expected_gain_low = models.FloatField()
    expected_gain_high = models.FloatField()
    evidence = models.CharField(max_length=40)
    reason = models.TextField(blank=True)

    class Meta:
        """A product's customers are found together."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["publication", "action"], name="offers_of_a_product")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.action}"

    @staticmethod
    def number(publication: int, place: int) -> int:
        """The id of an offer of a publication."""
        return publication * SPAN + place


class CustomerWallet(models.Model):
    """What part of a customer's spend in the category comes to us; the columns of the warehouse's `wallets`.

    A publication's rows lie together, whoever spends most elsewhere first. `elsewhere` is null where what they spend
    with us is unknown.
    """

    id = GivenNumber(primary_key=True)
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="wallets")
    share_of_wallet = models.FloatField()
    share_of_wallet_low = models.FloatField()
    share_of_wallet_high = models.FloatField()
    elsewhere = models.FloatField(null=True)
    wallet_evidence = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.customer_id}: {percent(self.share_of_wallet)}"

    @staticmethod
    def number(publication: int, place: int) -> int:
        """The id of a row of a publication."""
        return publication * SPAN + place


class LinePlace(models.Model):
    """A place in an order of a plan's lines, the greatest first; the id holds plan, order and place."""

    id = GivenNumber(primary_key=True)
    line = models.ForeignKey(PlanLine, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False)

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def number_in(plan: int, order: LineOrder, place: int) -> int:
        """The id of a place."""
        return PlanLine.number_in(plan, order.number * (SPAN // 4) + place)


class Place(models.Model):
    """A place in an order of a publication: an index that is written in its own order, so in short transactions.

    The id holds publication, order and place, so a part of a list is a range of ids.
    """

    id = GivenNumber(primary_key=True)
    value = models.ForeignKey(CustomerValue, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False)

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def number(publication: int, order: Order, place: int) -> int:
        """The id of a place."""
        return (publication * 16 + order.number) * SPAN + place


class PublishedLookAlikes(models.Model):
    """What a run learned of people who have not bought yet: what each would be worth by what is known of them."""

    publication = models.OneToOneField(Publication, on_delete=models.CASCADE, related_name="look_alikes")
    newcomer: models.JSONField[Any, Any] = models.JSONField(null=True)  # worth of a new customer: mean, low, high
    learned: models.JSONField[Any, Any] = models.JSONField()  # as `decisions.acquisition.keeping` writes and reads it

    def __str__(self) -> str:
        return str(self.pk)


class PublishedInsight(models.Model):
    """One insight of a run, whole: finding, definition, rows and picture."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="insights")
    name = models.CharField(max_length=40)
    by = models.CharField(max_length=10, blank=True)
    answer: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        """A run answers a question once a view."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["publication", "name", "by"], name="one_answer_a_view")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.by}".strip()
