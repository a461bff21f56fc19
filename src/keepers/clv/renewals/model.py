"""What every model of contracts offers: the same functions in each model's module.

A contract model is a curve of survival; `future` and `running` turn it into what is still to come.
"""

from typing import Any, Protocol

import numpy as np

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Method, Posterior
from keepers.clv.renewals.contracts import Contracts


class ContractModel(Protocol):
    """A module that models renewals; time is counted in renewal periods."""

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of the module
        """How the command line calls it: `shifted-beta-geometric`."""
        ...

    @property
    def Parameters(self) -> Any:  # noqa: N802  a class of the module
        """The model's parameters, with `as_array` and `from_array`."""
        ...

    def log_likelihood(self, parameters: Any, contracts: Contracts) -> Floats:
        """Natural logarithm of each contract's likelihood."""
        ...

    def fit(self, contracts: Contracts) -> Fit[Any]:
        """Maximum likelihood."""
        ...

    def posterior(
        self,
        fit: Fit[Any],
        contracts: Contracts,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters."""
        ...

    def log_survival(self, parameters: Any, *, up_to: int) -> Floats:
        """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
        ...

    def simulate(self, parameters: Any, *, opportunities: Integers, generator: np.random.Generator) -> Contracts:
        """Random contracts of new customers who are asked to renew at most `opportunities` (n,) times."""
        ...
