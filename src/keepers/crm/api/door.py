"""The way into the API: by a key or a session, not too often, all or nothing, and once for each Idempotency-Key."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from time import time
from typing import Any

from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja.utils import check_csrf

from keepers.crm.api.models import KeptAnswer
from keepers.crm.api.paging import tags_in
from keepers.crm.api.problems import problem
from keepers.crm.entrance import for_strangers
from keepers.crm.people.gate import READING
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Verb
from keepers.crm.people.tokens import token_of, user_by

View = Callable[..., HttpResponse]
MOST_A_MINUTE = 600
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
WRITING = frozenset({Verb.EDIT, Verb.CREATE, Verb.DELETE})
_HEADERS = ("Content-Type", "ETag", "Location")


def entered(view: View) -> View:
    """The view behind the door: whoever has neither key nor session is told so."""

    @for_strangers
    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        principal = _principal(request)
        if isinstance(principal, HttpResponse):
            return principal
        if (wait := _too_often(principal)) is not None:
            told = f"More than {MOST_A_MINUTE} requests a minute came with this key. Wait {wait} seconds."
            return problem(429, told, retry_after=str(wait))
        if request.method in READING:
            return _told(request, _read(request, view(request, *args, **kwargs)))
        return _told(request, _changing(request, principal, lambda: view(request, *args, **kwargs)))

    return guarded


def forget_old_answers(*, at: datetime) -> None:
    """Let go of what was answered a day ago; nobody sends it again."""
    KeptAnswer.objects.filter(at__lt=at - KEPT_FOR).delete()


def _principal(request: HttpRequest) -> str | HttpResponse:
    """Whose request it is; `request.user` is theirs from here on."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme:
        token = token_of(text.strip(), at=timezone.now()) if scheme.lower() == "bearer" else None
        if token is None:
            told = "This key opens nothing: it never was one, has expired or was ended. Make another in Your account."
            return problem(401, told, www_authenticate="Bearer")
        if request.method not in READING and not WRITING & set(token.verbs):
            return problem(403, "This key only reads. Make one that may change, create or delete in Your account.")
        request.user = user_by(token)
        request.user.came_by = AuditEntry.Via.API
        return f"token:{token.pk}"
    if not isinstance(request.user, User):
        told = "Send a key in the header Authorization: Bearer …; make one in Your account."
        return problem(401, told, www_authenticate="Bearer")
    if request.method not in READING and check_csrf(request) is not None:
        return problem(403, "A browser's request must carry the page's token in the header X-CSRFToken.")
    request.user.came_by = AuditEntry.Via.API
    return f"user:{request.user.pk}"


def _too_often(principal: str) -> int | None:
    """Seconds to wait. Processes count into one file without waiting for each other, so a few more may come in."""
    now = time()
    key, left = f"api-rate-{principal}-{int(now // 60)}", 60 - int(now % 60)
    count = cache.get(key, 0) + 1
    cache.set(key, count, left + 1)
    return left if count > MOST_A_MINUTE else None


def _told(request: HttpRequest, answered: HttpResponse) -> HttpResponse:
    """A method that an address does not have is told of in words too."""
    if answered.status_code != 405:
        return answered
    may = answered.headers["Allow"]
    return problem(405, f"This address takes {may}, not {request.method}.", allow=may)


def _read(request: HttpRequest, answered: HttpResponse) -> HttpResponse:
    """With the tag of its state; nothing but the tag where whoever asks has that state already."""
    if answered.status_code != 200 or answered.streaming:
        return answered
    answered.headers.setdefault("ETag", f'"{sha256(answered.content).hexdigest()[:24]}"')
    tag = answered.headers["ETag"]
    return HttpResponse(status=304, headers={"ETag": tag}) if tag in tags_in(request, "if-none-match") else answered


def _changing(request: HttpRequest, principal: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """All of it or, where it went wrong, nothing."""
    key = request.headers.get("idempotency-key", "")
    if _is_form(request) and not _is_read(request):
        return problem(400, "What was sent is no form as its Content-Type says. Send it again, whole.")
    if len(key) > LONGEST_KEY:
        return problem(400, f"The Idempotency-Key is longer than {LONGEST_KEY} characters. Send a shorter one.")
    if not key:
        return _all_or_nothing(answer)
    fingerprint = _fingerprint(request)
    at = timezone.now()
    forget_old_answers(at=at)
    if (kept := _kept(principal, key, fingerprint)) is not None:
        return kept
    try:
        with transaction.atomic():
            row = KeptAnswer.objects.create(principal=principal, key=key, fingerprint=fingerprint, status=0, at=at)
            answered = _all_or_nothing(answer)
            _keep(row, answered, at=at)
    except IntegrityError:  # the same request came twice at once, and the other was first
        if (kept := _kept(principal, key, fingerprint)) is None:
            raise
        return kept
    return answered


def _is_form(request: HttpRequest) -> bool:
    return request.method == "POST" and request.content_type == "multipart/form-data"


def _is_read(request: HttpRequest) -> bool:
    """Whether a form could be read; files are on the disk from then on, before anything of the database is held."""
    try:
        request.POST, request.FILES  # noqa: B018 - they are read here
    except (MultiPartParserError, SuspiciousOperation):
        return False
    return True


def _fingerprint(request: HttpRequest) -> str:
    """Tells one request from another; a form by its parts, however it was put together and however large its files."""
    found = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not _is_form(request):
        found.update(request.body)
        return found.hexdigest()
    found.update(repr(sorted(request.POST.lists())).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(f"\n{name} {file.name} {file.size}\n".encode())
            for part in file.chunks():
                found.update(part)
            file.seek(0)
    return found.hexdigest()


def _all_or_nothing(answer: Callable[[], HttpResponse]) -> HttpResponse:
    with transaction.atomic():
        answered = answer()
        if answered.status_code >= 400:
            transaction.set_rollback(True)
    return answered


def _kept(principal: str, key: str, fingerprint: str) -> HttpResponse | None:
    row = KeptAnswer.objects.filter(principal=principal, key=key).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        return problem(422, "This Idempotency-Key came with another request before. Send a new key with a new request.")
    headers = row.headers | {"Idempotent-Replayed": "true"}
    return HttpResponse(row.body, status=row.status, headers=headers)


def _keep(row: KeptAnswer, answered: HttpResponse, *, at: datetime) -> None:
    if answered.status_code in {401, 403, 429} or answered.status_code >= 500:
        row.delete()  # it may go otherwise the next time
        return
    row.status, row.body, row.at = answered.status_code, answered.content.decode(), at
    row.headers = {name: answered.headers[name] for name in _HEADERS if name in answered.headers}
    row.save()
