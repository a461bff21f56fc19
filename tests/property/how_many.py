"""How many examples a law is tried on: few enough for the suite, many more where `make fuzz` looks for new ones."""

import os

TIMES_MORE = 20


def examples(in_suite: int) -> int:
    """As many as asked for in the suite, and twenty times as many where new ones are looked for."""
    return in_suite if os.environ.get("HYPOTHESIS_PROFILE", "steady") == "steady" else TIMES_MORE * in_suite
