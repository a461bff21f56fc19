"""Charts as files: drawn once for each look, then sent from the workspace until the run they show is gone."""

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control

import keepers
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars
from keepers.insight.drawings.theme import Look

KEPT_BY_BROWSERS = 600  # seconds


def chart_response(
    request: HttpRequest, answer: Answer | Callable[[], Answer], *, run_id: str, key: str
) -> HttpResponse:
    """The answer's picture as the request wants to see it.

    Args:
        request: `theme` (light, dark) and `narrow` of its address decide the look.
        answer: what to draw; a function is called only where it is not drawn yet.
        run_id: the run that it shows.
        key: names the drawing within the run; the same key must mean the same answer.
    """
    drawing = _drawn(answer, look_of(request), settings.WORKSPACE.drawings / folder_of(run_id), key)
    etag = f'"{sha256(drawing).hexdigest()[:20]}"'
    response = HttpResponse(drawing, content_type="image/svg+xml", headers={"ETag": etag})
    patch_cache_control(response, private=True, max_age=KEPT_BY_BROWSERS)
    return get_conditional_response(request, etag=etag, response=response) or response


def look_of(request: HttpRequest) -> Look:
    """How the page that asks for a chart looks."""
    dark = request.GET.get("theme") == "dark"
    return Look(theme="dark" if dark else "light", narrow=request.GET.get("narrow") == "1", titled=False)


def warm_up_charts() -> None:
    """Load the drawing library before the first chart is asked for."""
    from keepers.insight.drawings.charts import svg_of

    rows = pa.table({"group": ["best"], "customers": [1]})
    svg_of(Answer("", "", rows, Bars(of="group", length="customers")), Look(titled=False))


def forget_drawings(drawings: Path, shown: Collection[str]) -> None:
    """Remove the drawings of all runs but those that pages still show."""
    kept = {folder_of(run_id) for run_id in shown}
    for folder in drawings.glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def folder_of(run_id: str) -> str:
    """A run's folder; another version draws anew."""
    return _plain(f"{run_id} by {keepers.__version__}")


def _drawn(answer: Answer | Callable[[], Answer], look: Look, folder: Path, key: str) -> bytes:
    name = f"{_plain(key)}-{look.theme}{'-narrow' if look.narrow else ''}.svg"
    path = folder / name
    if path.exists():
        return path.read_bytes()
    from keepers.insight.drawings.charts import (
        svg_of,  # loads the drawing library, which a page without charts never needs
    )

    drawing = svg_of(answer() if callable(answer) else answer, look).encode()
    with suppress(OSError):  # on a full disk it is drawn each time
        _keep(drawing, path)
    return drawing


def _keep(drawing: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{uuid4().hex}"
    try:
        unfinished.write_bytes(drawing)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _plain(text: str) -> str:
    """A name that a file may have, whatever the text holds."""
    return "".join(letter if letter.isalnum() or letter in "-_" else f"~{ord(letter):x}" for letter in text)
