"""What a server does before its first page is asked for."""

import gc
import sys
from collections.abc import Iterator

import pytest

from keepers.web.warming import make_warm

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector() -> Iterator[None]:
    """Whatever is set aside is looked through again afterwards."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_python_never_looks_for_garbage_among_what_is_loaded_before_the_first_page() -> None:
    make_warm()
    looked_through = {id(each) for each in gc.get_objects()}
    assert id(sys.modules["keepers.crm.portfolio.views"].__dict__) not in looked_through
    assert gc.get_freeze_count() > 10 * len(looked_through)
