"""Spark for the tests: on this machine, with settings for a handful of rows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCAL = "local[2]"
SETTINGS = Path(__file__).parent / "spark_settings"


@contextmanager
def spark_settings() -> Iterator[None]:
    """Spark reads its own settings from the folder that this variable names."""
    before = os.environ.get("SPARK_CONF_DIR")
    os.environ["SPARK_CONF_DIR"] = str(SETTINGS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SPARK_CONF_DIR"]
        else:
            os.environ["SPARK_CONF_DIR"] = before
