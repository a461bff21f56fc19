"""Promotions and shares of wallet by the API: whom to offer which product or category, and what is spent elsewhere."""

from datetime import date
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, Paged, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.api import of_run, shown_or_missing
from keepers.crm.portfolio.models import SPAN, CustomerWallet, ProductOffer
from keepers.crm.portfolio.offers.promotions import offers_seen, promotions_seen
from keepers.crm.portfolio.offers.wallets import wallets_seen
from keepers.crm.portfolio.queries import current_publication

router = Router(tags=["plan"])
PROMOTION: dict[str, Any] = {"action": "promote Tea (P-12)", "people": 120, "chance": 0.1, "chance_offered": 0.13}
OFFER: dict[str, Any] = {"id": 4294967296, "customer": 1, "action": "promote Tea (P-12)", "expected_gain": 0.8}
WALLET: dict[str, Any] = {"id": 4294967296, "customer": 1, "share_of_wallet": 0.4, "elsewhere": 620.0}
GONE = "The base was valued anew since, and this list is gone. Begin it again without `after`."


class PromotionsWanted(Schema):
    """What is summed."""

    by: Literal["product", "category"] = "product"


class PromotionTold(Schema):
    """Offering one product, or category: to how many, the mean chance to buy without and with it, and the money."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROMOTION]})

    action: str
    people: int
    chance: float
    chance_offered: float
    cost: float
    gain: float
    gain_low: float
    gain_high: float
    evidence: str


class PromotionsTold(Schema):
    """Every promotion of the run that the pages show, of the customers whom the key may see."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"run": "2026-08-31-1", "promotions": [PROMOTION]}]})

    run: str
    as_of: date
    currency: str
    promotions: list[PromotionTold]


class OffersWanted(Paged):
    """Which offers."""

    action: str = Field("", max_length=200, description="of one promotion, as /promotions names it")
    customer: Number | None = None


class OfferTold(Schema):
    """A customer to whom a product, or their best one of a category, is worth offering."""

    model_config = ConfigDict(json_schema_extra={"examples": [OFFER]})

    id: int
    customer: int
    key: str
    name: str
    action: str
    of_category: bool
    also_as: str = Field(description="the same by its other name: of a category the product that it tells of, and back")
    chance: float
    chance_offered: float
    cost: float
    expected_gain: float
    expected_gain_low: float
    expected_gain_high: float
    evidence: str
    reason: str


class WalletsWanted(Paged):
    """Which wallets."""

    customer: Number | None = None


class WalletTold(Schema):
    """What part of a customer's spend comes to you, what goes elsewhere a year, and why they may grow."""

    model_config = ConfigDict(json_schema_extra={"examples": [WALLET]})

    id: int
    customer: int
    key: str
    name: str
    share_of_wallet: float
    share_of_wallet_low: float
    share_of_wallet_high: float
    elsewhere: float | None
    wallet_evidence: str
    grows: str | None


_OFFER = tuple(OfferTold.model_fields)[4:]
_WALLET = tuple(WalletTold.model_fields)[4:]


@router.get(
    "/promotions", response=PromotionsTold, url_name="promotions", operation_id="get-promotions",
    summary="What offering each product, or category, is expected to bring",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def promotions(request: HttpRequest, wanted: Query[PromotionsWanted]) -> HttpResponse:
    """The one that brings most first."""
    only(request, PromotionsWanted)
    shown = shown_or_missing(request)
    found = promotions_seen(user_of(request), shown, of_category=wanted.by == "category")
    told = [{name: getattr(each, name) for name in PromotionTold.model_fields} for each in found]
    return tagged(of_run(shown) | {"promotions": told})


def _offers(user: User, verb: Verb) -> QuerySet[ProductOffer]:
    shown = current_publication()
    if shown is None:
        return ProductOffer.objects.none()
    return offers_seen(user, shown, verb=verb).select_related("customer")


def _wallets(user: User, verb: Verb) -> QuerySet[CustomerWallet]:
    shown = current_publication()
    if shown is None:
        return CustomerWallet.objects.none()
    return wallets_seen(user, shown, verb).select_related("customer")


def _narrowed_offers(_: User, offers: QuerySet[ProductOffer], wanted: OffersWanted) -> QuerySet[ProductOffer]:
    _refuse_what_is_gone(wanted.after)
    asked = {"action": wanted.action, "customer": wanted.customer}
    return offers.filter(**{name: value for name, value in asked.items() if value})


def _narrowed_wallets(_: User, wallets: QuerySet[CustomerWallet], wanted: WalletsWanted) -> QuerySet[CustomerWallet]:
    _refuse_what_is_gone(wanted.after)
    return wallets if wanted.customer is None else wallets.filter(customer=wanted.customer)


def _refuse_what_is_gone(after: int) -> None:
    """A walk along a list ends where another run is shown."""
    shown = current_publication()
    if after and shown is not None and after // SPAN != shown.pk:
        raise HttpError(410, GONE)


def _offer_told(user: User, offer: ProductOffer) -> dict[str, Any]:
    return _told(user, offer, _OFFER)


def _wallet_told(user: User, wallet: CustomerWallet) -> dict[str, Any]:
    return _told(user, wallet, _WALLET)


def _told(user: User, row: ProductOffer | CustomerWallet, figures: tuple[str, ...]) -> dict[str, Any]:
    """Without what is hidden from the user."""
    hidden, who = hidden_of_customers(user), {"id": row.pk, "customer": row.customer_id, "key": row.customer.key}
    about = {"name": row.customer.name} | {name: getattr(row, name) for name in figures}
    return who | {name: value for name, value in about.items() if name not in hidden}


product_offers = Resource(
    router, "product offer", "product offers", Noun.CUSTOMERS, OfferTold, _offer_told, _offers
)  # fmt: skip
product_offers.lists(OffersWanted, _narrowed_offers)
customer_wallets = Resource(router, "wallet", "wallets", Noun.CUSTOMERS, WalletTold, _wallet_told, _wallets)
customer_wallets.lists(WalletsWanted, _narrowed_wallets)
