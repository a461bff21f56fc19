"""The purchase models by name, and which of them `auto` may choose."""

from typing import cast

from keepers.clv import bg_nbd, mbg_nbd, pareto_nbd
from keepers.clv.model import PurchaseModel

_MODULES = (pareto_nbd, mbg_nbd, bg_nbd)
BY_NAME = {module.NAME: cast("PurchaseModel", module) for module in _MODULES}
CANDIDATES = ("pareto-nbd", "mbg-nbd")  # BG/NBD says every one-time buyer is a customer for ever
