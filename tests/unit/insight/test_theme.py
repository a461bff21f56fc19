"""The palette is told apart by readers who see red and green alike, and by those who see no colour."""

from itertools import combinations

import numpy as np
import pytest

from keepers.insight.drawings import theme
from keepers.insight.questions.groups import ORDER

# Severity 1.0 matrices of Machado, Oliveira and Fernandes (2009), on linear RGB.
SIGHT = {
    "all colours": np.eye(3),
    "no red (protanopia)": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "no green (deuteranopia)": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
}  # fmt: skip
JUST_TOLD_APART = 0.1  # five times a just noticeable difference in OKLab


THEMES = {"light": theme.LIGHT, "dark": theme.DARK}
QUARTERS = ("keep close", "win back", "grow", "let rest")


@pytest.mark.parametrize("names", [ORDER, QUARTERS], ids=["groups", "quarters"])
@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
def test_the_colours_of_groups_and_quarters_are_told_apart(
    colours: theme.Colours, sight: str, names: tuple[str, ...]
) -> None:
    for one, other in combinations(names, 2):
        apart = np.linalg.norm(_seen(colours.groups[one], sight) - _seen(colours.groups[other], sight))
        assert apart > JUST_TOLD_APART, (one, other, float(apart))


@pytest.mark.parametrize("ink", ["ink", "ink_quiet", "accent"])
@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
def test_text_stands_out_from_the_paper(colours: theme.Colours, ink: str) -> None:
    assert _contrast(getattr(colours, ink), colours.paper) >= 4.5


@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
def test_rises_falls_and_lines_stand_out_from_the_paper(colours: theme.Colours) -> None:
    assert min(_contrast(colour, colours.paper) for colour in (colours.positive, colours.negative)) >= 3
    assert _contrast(colours.on_accent, colours.scale[1]) >= 4.5


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(_linear(colour) @ [0.2126, 0.7152, 0.0722])


def _seen(colour: str, sight: str) -> np.ndarray:
    """OKLab coordinates (Ottosson 2020) of a colour as it is seen."""
    rgb = np.clip(SIGHT[sight] @ _linear(colour), 0, 1)
    lms = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ rgb
    )
    return np.array([
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]) @ lms  # fmt: skip
