"""The stylesheet: many small files, sent as one, named by what is in it."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control

from keepers.crm.entrance import for_strangers

STYLES = Path(__file__).parent / "static" / "keepers" / "css"
FIRST = ("layers.css", "reset.css", "tokens.css", "base.css")
FOLDERS = ("components", "pages", "utilities")


def stylesheet_url() -> str:
    """Where today's stylesheet is; another content has another address, so browsers may keep it for ever."""
    return reverse("stylesheet", args=[_name_of(stylesheet())])


def stylesheet() -> str:
    """All styles, in the order of the layers."""
    return _joined.__wrapped__() if settings.DEBUG else _joined()


@for_strangers
@cache_control(public=True, max_age=31_536_000, immutable=True)
def send_stylesheet(request: HttpRequest, name: str) -> HttpResponse:
    """The stylesheet of this name."""
    text = stylesheet()
    if name != _name_of(text) and not settings.DEBUG:
        raise Http404
    return HttpResponse(text, content_type="text/css; charset=utf-8")


@cache
def _joined() -> str:
    files = [STYLES / name for name in FIRST]
    for folder in FOLDERS:
        files += sorted((STYLES / folder).glob("*.css"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _name_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]
