"""What may be asked of a fitted model: checked where it is asked, so that no odd question has an odd answer."""

from keepers.core.errors import KeepersError


class InvalidQuestionError(KeepersError):
    """A model was asked for what has no answer."""


def must_be_chance(probability: float, *, of: str = "probability") -> None:
    """Refuse what is no chance between 0 and 1, both excluded: a mere 90 is mostly meant as 0.9.

    Raises:
        InvalidQuestionError: it is none.
    """
    if not 0 < probability < 1:
        meant = f", such as {probability / 100:g}" if 1 < probability < 100 else ", such as 0.5"
        raise InvalidQuestionError(f"{of} is {probability:g}; write a chance above 0 and below 1{meant}.")
