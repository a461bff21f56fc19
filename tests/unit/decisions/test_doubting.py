"""Whom a standing trial draws: those with whom an action may pay and may as well not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keepers.decisions.costs_file import read_terms
from keepers.decisions.doubting import CARE, NONE, Doubt, leaning
from keepers.decisions.effects import Multiplier
from keepers.decisions.terms import MAILING, InvalidTermsError, options_of


def test_a_lot_chooses_among_what_is_in_doubt_by_what_each_may_gain() -> None:
    options = options_of(read_terms(None, usual_order_value=30.0))
    doubt = Doubt(("proactive", MAILING, "offer"), options[1:4], np.array([[3.0, 5.0, 1.0], [0.0, 2.0, 0.0]]))
    care = doubt.only(CARE)
    assert care.actions == ("proactive", "offer")
    assert [int(care.drawn(np.array([lot, lot]))[0]) for lot in (0.0, 0.74, 0.76, 0.999)] == [0, 0, 1, 1]
    assert care.drawn(np.array([0.5, 0.5]))[1] == NONE
    assert doubt.only(MAILING).drawn(np.array([0.2, 0.9])).tolist() == [0, 0]


def test_hope_has_everything_at_its_better_end_and_fear_at_its_worse() -> None:
    terms = read_terms(None, usual_order_value=30.0)
    hope, fear = leaning(terms, hope=True).level("proactive"), leaning(terms, hope=False).level("proactive")
    assert (hope.orders.mean, hope.leaving.mean) == pytest.approx((1.07 + 3 * 0.07, 0.90 - 3 * 0.10))
    assert (fear.orders.mean, fear.leaving.mean) == pytest.approx((1.07 - 3 * 0.07, 0.90 + 3 * 0.10))
    known = replace(terms, mailing=replace(terms.mailing, most=Multiplier(1.2, 1.1, 1.3, "randomised")))
    assert leaning(known, hope=True).mailing.most.low == 1.3, "what was measured is as doubtful as it says"


def test_a_trial_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text("[trial]\nshare = 0.3\nweeks = 12\n")
    assert read_terms(path, usual_order_value=30.0).trial.weeks == 12
    path.write_text("[trial]\nshare = 1.3\n")
    with pytest.raises(InvalidTermsError, match=r"trial\.share"):
        read_terms(path, usual_order_value=30.0)
