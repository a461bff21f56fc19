"""The purchase models by name, and which of them `auto` may choose."""

from typing import TYPE_CHECKING, cast

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd, pareto_nbd

if TYPE_CHECKING:
    from keepers.clv.model import PurchaseModel

_MODULES = (pareto_nbd, mbg_nbd, bg_nbd, mbg_cnbd_k)
BY_NAME = {module.NAME: cast("PurchaseModel", module) for module in _MODULES}
CANDIDATES = ("pareto-nbd", "mbg-nbd", "mbg-cnbd-k")  # BG/NBD says every one-time buyer is a customer for ever
