"""The one base class of every error that Keepers raises on purpose.

A specific error sits beside the function that raises it. Its message is a full sentence:
what happened, which rows or setting, and what to do next.
"""


class KeepersError(Exception):
    """Something the user can mend; the message says what happened and what to do.

    in_answer: whether the object of `--json` was printed and says it already
    """

    in_answer = False


class NothingToDoError(KeepersError):
    """The request was fine, but there is nothing to do (exit code 3)."""
