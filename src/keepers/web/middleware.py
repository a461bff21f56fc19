"""Errors of ours become a page with the sentence they carry."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keepers.core.errors import KeepersError


class ErrorPages:
    """What a view could not do is said in words; anything else stays Django's business."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of an error of ours."""
        if not isinstance(exception, KeepersError):
            return None
        return render(request, "web/error.html", {"sentence": str(exception)}, status=422)
