"""Look-alikes as plain JSON, and back: so that pages value prospects by what the run that they show learned."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from keepers.decisions.acquisition.attributes import Attribute, LeftOut
from keepers.decisions.acquisition.lookalikes import Judged, Lift, LookAlikes

DIGITS = 7  # of a covariance: it is long


def kept(learned: LookAlikes) -> dict[str, Any]:
    """Everything that `restored` needs, in values that JSON has."""
    covariance = [[float(f"{cell:.{DIGITS}g}") for cell in row] for row in learned.covariance.tolist()]
    return {
        "attributes": [asdict(each) for each in learned.attributes],
        "left_out": [asdict(each) for each in learned.left_out],
        "factors": [each.tolist() for each in learned.factors],
        "shares": [each.tolist() for each in learned.shares],
        "covariance": covariance,
        "level": learned.level,
        "spread": learned.spread,
        "judged": asdict(learned.judged),
    }


def restored(found: Mapping[str, Any]) -> LookAlikes:
    """What was kept."""
    judged = found["judged"]
    return LookAlikes(
        attributes=tuple(
            Attribute(each["name"], tuple(each["levels"]), tuple(each["cuts"])) for each in found["attributes"]
        ),
        left_out=tuple(LeftOut(**each) for each in found["left_out"]),
        factors=tuple(np.asarray(each, dtype=np.float64) for each in found["factors"]),
        shares=tuple(np.asarray(each, dtype=np.float64) for each in found["shares"]),
        covariance=np.asarray(found["covariance"], dtype=np.float64),
        level=found["level"],
        spread=found["spread"],
        judged=Judged(**(judged | {"lifts": tuple(Lift(**each) for each in judged["lifts"])})),
    )
