"""A long silence is not always the end: some of those who look gone have only paused.

Every model of orders here knows two states, a customer and gone for ever. Whoever pauses (moves away for a year, needs
nothing for a while) looks gone, and is believed to be the surer the more often they came. A share of the doubt is given
back to whoever has ordered more than once:

    P'(alive) = P(alive) + share · (1 − P(alive))

Those who have paused go on as those do who never left: at their own rate, and with their own chance of leaving. The
share is one for the whole base, learned from what people did after earlier silences (`pauses_learning`); 0 leaves the
model as it is. Parameters are fitted without it.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from keepers.clv.histories import Floats, Histories
from keepers.clv.mixture import Mixture
from keepers.clv.model import Future, PurchaseModel


def with_pauses(model: PurchaseModel | Mixture, share: float) -> PurchaseModel:
    """The model where this share of those who look gone has only paused; itself where nobody has.

    Args:
        model: under its calendar, where it has one.
        share: from 0 to 1.
    """
    if share == 0.0:
        return cast("PurchaseModel", model)
    if isinstance(model, Mixture):
        return cast("PurchaseModel", Mixture(tuple(with_pauses(each, share) for each in model.models)))
    return Pausing(model, share)


def paused(alive: Floats, histories: Histories, share: float) -> Floats:
    """(n,) the chance still to be a customer where a share of those who look gone has paused.

    Args:
        alive: (n,) P(alive) as the model has it.
        histories: (n,) whose; nobody with a single order has paused.
        share: from 0 to 1.
    """
    return np.where(histories.repeat_orders > 0, alive + share * (1.0 - alive), alive)


@dataclass(frozen=True, slots=True, eq=False)
class Pausing:
    """A model of orders in which some who look gone have paused. It is fitted as the model itself."""

    model: PurchaseModel
    share: float

    @property
    def NAME(self) -> str:  # noqa: N802  as a model's module has it
        """The model's own."""
        return self.model.NAME

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  as a model's module has it
        """The model's own."""
        return self.model.PARAMETER_NAMES

    @property
    def Parameters(self) -> Any:  # noqa: N802  as a model's module has it
        """The model's own."""
        return self.model.Parameters

    def log_likelihood(self, parameters: Any, histories: Histories) -> Floats:
        """(n,) the model's own."""
        return self.model.log_likelihood(parameters, histories)

    def fit(self, histories: Histories) -> Any:
        """As the model itself."""
        return self.model.fit(histories)

    def posterior(self, fit: Any, histories: Histories, **asked: Any) -> Any:
        """As the model itself."""
        return self.model.posterior(fit, histories, **asked)

    def probability_alive(self, parameters: Any, histories: Histories, *, after: float = 0.0) -> Floats:
        """(n,) P(still a customer `after` time units from now), whoever has paused among them."""
        own = self.model.probability_alive(parameters, histories)
        now = paused(own, histories, self.share)
        if after <= 0:
            return now
        later = self.model.probability_alive(parameters, histories, after=after)
        return now * np.divide(later, own, out=np.zeros_like(own), where=own > 0)

    def expected_orders(
        self, parameters: Any, histories: Histories, *, alive: Floats | None = None, **asked: Any
    ) -> Floats:
        """(n,) expected orders [occasions]; asked as of a model."""
        return self.model.expected_orders(parameters, histories, alive=self._now(parameters, histories, alive), **asked)

    def discounted_expected_orders(
        self, parameters: Any, histories: Histories, *, alive: Floats | None = None, **asked: Any
    ) -> Floats:
        """(n,) the same, each order discounted to now."""
        now = self._now(parameters, histories, alive)
        return self.model.discounted_expected_orders(parameters, histories, alive=now, **asked)

    def order_count_pmf(
        self, parameters: Any, histories: Histories, *, alive: Floats | None = None, **asked: Any
    ) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
        return self.model.order_count_pmf(parameters, histories, alive=self._now(parameters, histories, alive), **asked)

    def next_order_time(self, parameters: Any, histories: Histories, **asked: Any) -> Floats:
        """(n,) as the model itself has it: of those still customers, whether they paused or not [time unit]."""
        return self.model.next_order_time(parameters, histories, **asked)

    def remaining_lifetime(
        self, parameters: Any, histories: Histories, *, alive: Floats | None = None, **asked: Any
    ) -> Floats:
        """(n,) time until which the customer stays with the given probability; inf beyond the horizon [time unit]."""
        now = self._now(parameters, histories, alive)
        return self.model.remaining_lifetime(parameters, histories, alive=now, **asked)

    def sample_future(self, parameters: Any, histories: Histories, probability_alive: Floats, **asked: Any) -> Future:
        """Random futures given P(alive), (n,)."""
        return self.model.sample_future(parameters, histories, probability_alive, **asked)

    def simulate(self, parameters: Any, **asked: Any) -> Histories:
        """Random histories of new customers, none of whom pauses: how long a pause lasts is not known."""
        return self.model.simulate(parameters, **asked)

    def _now(self, parameters: Any, histories: Histories, alive: Floats | None) -> Floats:
        return self.probability_alive(parameters, histories) if alive is None else alive
