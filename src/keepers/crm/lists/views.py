"""Keeping, renaming and forgetting views; then back to the list."""

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from keepers.crm.entrance import for_everybody
from keepers.crm.lists import actions
from keepers.crm.lists.addresses import back
from keepers.crm.lists.models import SavedView


@require_POST
@for_everybody
def save_view(request: HttpRequest, noun: str) -> HttpResponse:
    """Keep the list that the form names under the name that it gives."""
    query = {name: list(values) for name, values in QueryDict(request.POST.get("query", "")).lists()}
    try:
        actions.save_view(_owner(request), noun, request.POST.get("name", ""), query)
    except actions.ViewNameError as wrong:
        messages.warning(request, str(wrong))
    return back(request)


@require_POST
@for_everybody
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one's own view another name."""
    view = get_object_or_404(SavedView, pk=pk, owner_id=_owner(request).pk)
    try:
        actions.rename_view(view, request.POST.get("name", ""))
    except actions.ViewNameError as wrong:
        messages.warning(request, str(wrong))
    return back(request)


@require_POST
@for_everybody
def share_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Share one's own view with a team or everybody, or with nobody any more."""
    view = get_object_or_404(SavedView, pk=pk, owner_id=_owner(request).pk)
    try:
        actions.share_view(view, request.POST.get("shared_with", ""))
    except actions.ViewNameError as wrong:
        messages.warning(request, str(wrong))
    return back(request)


@require_POST
@for_everybody
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one's own view."""
    actions.remove_view(get_object_or_404(SavedView, pk=pk, owner_id=_owner(request).pk))
    return back(request)


def _owner(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)
    return request.user
