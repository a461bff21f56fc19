"""Errors of ours, and those of a full or busy disk, become a page with a sentence."""

import errno
import logging
import sys
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.api.problems import problem
from keepers.web.assets import stylesheet_url

API = "/api/"
LOG = logging.getLogger(__name__)
_REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
_BUSY = ("locked",)
_NO_ROOM = ("readonly", "disk is full", "disk i/o error", "unable to open database file")


class ErrorPages:
    """What a view could not do is said in words; anything else stays Django's business."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; an address that only takes forms says so to whoever comes there by a link, or by signing in anew."""
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and request.method == "GET" and not request.path.startswith(API):
            sentence = _("Only a form is sent to this address, so nothing was changed. Go to the page again.")
            page = _page(request, sentence, 405)
            page["Allow"] = answer["Allow"]
            return page
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of an error of ours or of the disk's."""
        if isinstance(exception, KeepersError):
            return _page(request, str(exception), 422)
        sentence = _of_the_disk(exception)
        if sentence is None:
            return None
        LOG.error("%s could not be done", request.path, exc_info=exception)
        return _page(request, sentence, 503)


def broken(request: HttpRequest) -> HttpResponse:
    """The last page of all, which needs no database and nobody who is signed in."""
    error = sys.exc_info()[1]
    sentence = _of_the_disk(error) if isinstance(error, Exception) else None
    told = sentence or _("The page could not be made. What happened is in the log of the server.")
    if request.path.startswith(API):
        return problem(500, told)
    try:
        page = {"sentence": told, "stylesheet_url": stylesheet_url()}
    except OSError:  # the files of the page cannot be read either
        return HttpResponse(told, status=500, content_type="text/plain; charset=utf-8")
    return HttpResponse(loader.get_template("500.html").render(page), status=500)


def _page(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    if request.path.startswith(API):
        return problem(status, sentence)
    return render(request, "web/error.html", {"sentence": sentence}, status=status)


def _of_the_disk(exception: Exception) -> str | None:
    """What the disk or the database on it refused, and what to do; None for any other error."""
    told = str(exception).lower()
    if isinstance(exception, OperationalError) and any(words in told for words in _BUSY):
        return _("Something else is being written just now, so nothing was changed. Try again in a moment.")
    no_room = isinstance(exception, OperationalError) and any(words in told for words in _NO_ROOM)
    if no_room or (isinstance(exception, OSError) and exception.errno in _REFUSED):
        return _(
            "The disk of the workspace cannot be written, so nothing was changed. Make room or mend its rights, then "
            "try again."
        )
    return None
