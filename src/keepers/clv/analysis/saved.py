"""A fit as a small file that people can read: JSON with names, units and draws."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from keepers.clv.analysis.choosing import Choice, model_of
from keepers.clv.analysis.past import SPEND_MODELS
from keepers.clv.analysis.value_model import Beside, FittedValueModel, ValueModel
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.drift import Drift
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Posterior
from keepers.clv.kinds.design import Column, Design
from keepers.core.errors import KeepersError

FORMAT = "keepers.clv fit"
VERSION = 4  # 1 knew neither drift nor calendar, and one model of spend; 2 one model of orders; 3 one way to drift
_GIVEN = "given"
_ARRAYS = ("log_parameters", "hessian")


class SavedFitError(KeepersError):
    """A file is no saved fit, or one that this version cannot read."""


def save(fitted: FittedValueModel, path: str | Path) -> None:
    """Write a fitted model to a file; what stands there already is replaced as a whole."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "settings": asdict(replace(fitted.settings, calendar=None)) | {"calendar": _asked(fitted.settings.calendar)},
        "choice": asdict(fitted.choice),
        "design": None if fitted.design is None else _design_as_told(fitted.design),
        "purchases": _fit_as_told(fitted.purchases, fitted.model.PARAMETER_NAMES),
        "purchases_posterior": _posterior_as_told(fitted.posterior),
        "spend": None if fitted.spend is None else _fit_as_told(fitted.spend, fitted.spend_model.PARAMETER_NAMES),
        "spend_posterior": None if fitted.spend_posterior is None else _posterior_as_told(fitted.spend_posterior),
        "drift": _drift_as_told(fitted.drift),
        "calendar": None if fitted.calendar is None else fitted.calendar.as_json(),
        "as_of": fitted.as_of,
        "beside": [
            {
                "purchases": _fit_as_told(each.fit, model_of(name, None).PARAMETER_NAMES),
                "drift": _drift_as_told(each.drift),
            }
            for name, each in zip(fitted.choice.beside, fitted.beside, strict=True)
        ],
    }
    target = Path(path)
    beside = target.with_name(f".{target.name}.part")
    beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    beside.replace(target)


def load(path: str | Path) -> FittedValueModel:
    """Read a fitted model; it predicts what it predicted when it was saved.

    Raises:
        SavedFitError: the file is not there, is no saved fit, or was written by a later version.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SavedFitError(f"{path} cannot be read as a saved fit: {error}.") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise SavedFitError(f'{path} is no saved fit: it does not say "format": "{FORMAT}".')
    form = told.get("version")
    if not isinstance(form, int):
        raise SavedFitError(f"{path} is damaged: it does not say in which form it was saved. Fit again and save.")
    if form > VERSION:
        raise SavedFitError(f"{path} was saved in form {form}; this version reads up to {VERSION}. Upgrade Keepers.")
    try:
        return _restored(told)
    except (KeyError, TypeError, ValueError) as error:
        raise SavedFitError(f"{path} is damaged: {error!r}. Fit again and save.") from error


def _restored(told: dict[str, Any]) -> FittedValueModel:
    choice = Choice(**told["choice"])
    design = None if told["design"] is None else _design(told["design"])
    calendar = None if told.get("calendar") is None else Calendar.of(**told["calendar"])
    made = model_of(choice.model, design, calendar).Parameters
    has_spend = told["spend"] is not None
    settings, drift = dict(told["settings"]), told.get("drift", {"variance": 0.0, "days": 0.0})
    if settings.get("calendar") == _GIVEN:
        settings["calendar"] = calendar
    return FittedValueModel(
        settings=ValueModel(**settings),
        choice=choice,
        purchases=_fit(told["purchases"], made),
        posterior=_posterior(told["purchases_posterior"]),
        spend=_fit(told["spend"], SPEND_MODELS[told["spend"]["model"]].Parameters) if has_spend else None,
        spend_posterior=_posterior(told["spend_posterior"]) if has_spend else None,
        design=design,
        drift=_drift(drift),
        calendar=calendar,
        as_of=told.get("as_of"),
        beside=tuple(
            Beside(_fit(each["purchases"], model_of(name, None, calendar).Parameters), _drift(each["drift"]))
            for name, each in zip(choice.beside, told.get("beside", ()), strict=True)
        ),
    )


def _asked(calendar: object) -> str | None:
    """What of a calendar was asked for: auto, none, or one that was given, which is kept with the fit."""
    return calendar if calendar is None or isinstance(calendar, str) else _GIVEN


def _drift_as_told(drift: Drift) -> dict[str, Any]:
    return {"variance": drift.variance, "days": drift.days, "rates": drift.rates_as_json()}


def _drift(told: dict[str, Any]) -> Drift:
    return Drift.told(told["variance"], told["days"], told.get("rates"))


def _fit_as_told(fit: Fit[Any], names: Sequence[str]) -> dict[str, Any]:
    told = {field.name: getattr(fit, field.name) for field in fields(fit)}
    return told | {
        "parameters": dict(zip(names, fit.parameters.as_array().tolist(), strict=True)),
        "warnings": list(fit.warnings),
        **{name: getattr(fit, name).tolist() for name in _ARRAYS},
    }


def _fit(told: dict[str, Any], made: Any) -> Fit[Any]:
    rest: dict[str, Any] = {name: np.asarray(told[name], dtype=np.float64) for name in _ARRAYS}
    values = np.array(list(told["parameters"].values()), dtype=np.float64)
    rest |= {"parameters": made.from_array(values), "warnings": tuple(told["warnings"])}
    return Fit(**(told | rest))


def _design_as_told(design: Design) -> dict[str, Any]:
    """The columns; which customers have which pattern is told by the customers that are asked about."""
    return {"columns": [asdict(column) for column in design.columns], "warnings": list(design.warnings)}


def _design(told: dict[str, Any]) -> Design:
    columns = tuple(Column(**column) for column in told["columns"])
    return Design(columns, np.zeros((1, len(columns))), np.ones(1), tuple(told["warnings"]))


def _posterior_as_told(posterior: Posterior) -> dict[str, Any]:
    return {
        "method": posterior.method,
        "k_hat": posterior.k_hat,
        "effective_sample_size": posterior.effective_sample_size,
        "warnings": list(posterior.warnings),
        "draws": [[None if np.isnan(value) else value for value in row] for row in posterior.parameters.tolist()],
    }


def _posterior(told: dict[str, Any]) -> Posterior:
    """The draws stand for the weighted points behind them, which are not kept."""
    draws = np.asarray(told["draws"], dtype=np.float64)
    return Posterior(
        parameters=draws,
        method=told["method"],
        k_hat=told["k_hat"],
        effective_sample_size=told["effective_sample_size"],
        warnings=tuple(told["warnings"]),
        points=draws,
        weights=np.full(len(draws), 1 / len(draws)),
    )
