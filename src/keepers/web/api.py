"""The API: each desk's routes joined, one door before them, problems in words behind them."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.shortcuts import render
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer

import keepers
from keepers.core.errors import KeepersError
from keepers.crm.api import audit, people, saved_views, teams
from keepers.crm.api.door import entered
from keepers.crm.api.paging import StaleError
from keepers.crm.api.parsing import StrictParser
from keepers.crm.api.problems import problem
from keepers.crm.approvals import api as approvals
from keepers.crm.approvals import plan_api
from keepers.crm.approvals.trials import api as trial_api
from keepers.crm.customers import api as customers
from keepers.crm.customers.duplicates import api as duplicates
from keepers.crm.customers.exchange import api as exchange
from keepers.crm.customers.exchange import kept_api
from keepers.crm.customers.timeline import api as timeline
from keepers.crm.data import api as data
from keepers.crm.entrance import for_everybody, for_strangers
from keepers.crm.inbox import api as inbox
from keepers.crm.jobs import api as jobs
from keepers.crm.portfolio import api as value
from keepers.crm.portfolio.insight import api as insight
from keepers.crm.portfolio.offers import api as offers
from keepers.crm.portfolio.surveys import api as surveys
from keepers.crm.privacy import api as privacy
from keepers.crm.webhooks import api as webhooks
from keepers.crm.work import api as work
from keepers.crm.work import cadence_api as cadences
from keepers.web.api_description import whole

DESCRIPTION = (
    "Everything that the pages do, for programs. Send a key (Your account › Keys for programs) as "
    "`Authorization: Bearer …`. What is wrong comes as problem details (RFC 9457). Lists give `next`: send it as "
    "`after`. An `Idempotency-Key` lets a request be sent again for 24 hours without being done again. `ETag` and "
    "`If-Match` guard against changing what somebody else has changed meanwhile."
)


class Key(HttpBearer):
    """The door has looked at the key already; this tells the description of the API that there is one."""

    def __call__(self, request: HttpRequest) -> Any:
        """Whoever came in."""
        return request.user

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # noqa: ARG002 - the door has read it
        """Whoever came in."""
        return request.user


api = NinjaAPI(
    title="Keepers",
    version=keepers.__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    auth=Key(),
    parser=StrictParser(),
)
for router in (
    *customers.routers,
    timeline.router,
    duplicates.router,
    work.router,
    cadences.router,
    approvals.router,
    plan_api.router,
    trial_api.router,
    offers.router,
    value.router,
    insight.router,
    surveys.router,
    data.router,
    exchange.router,
    kept_api.router,
    inbox.router,
    webhooks.router,
    saved_views.router,
    jobs.router,
    people.router,
    teams.router,
    audit.router,
    privacy.router,
):
    api.add_router("", router)


@for_strangers
def description(request: HttpRequest) -> HttpResponse:
    """What the API is, as machines read it."""
    return JsonResponse(whole(_routes_described))


@for_everybody
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    ways = whole(_routes_described)["paths"].items()
    routes = [(where, method.upper(), told) for where, methods in ways for method, told in methods.items()]
    return render(request, "web/api.html", {"routes": routes, "about": DESCRIPTION})


@for_strangers
@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that the API does not have."""
    return problem(404, "The API has no such address. /api/v1/openapi.json tells those that there are.")


@api.exception_handler(Http404)
def _missing(_: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, str(error) or "There is no such thing, or none that this key may see.")


@api.exception_handler(PermissionDenied)
def _refused(_: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, str(error) or "This key may not do this.")


@api.exception_handler(StaleError)
def _stale(_: HttpRequest, __: StaleError) -> HttpResponse:
    return problem(
        412, "Somebody changed it since you read it. Read it again, then send your change with its new ETag."
    )


@api.exception_handler(KeepersError)
def _impossible(_: HttpRequest, error: KeepersError) -> HttpResponse:
    return problem(422, str(error))


@api.exception_handler(RequestDataTooBig)
def _too_large(_: HttpRequest, __: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
    return problem(413, f"More than {most} MB were sent at once. Send fewer rows a request.")


@api.exception_handler(RawPostDataException)
def _is_a_form(_: HttpRequest, __: RawPostDataException) -> HttpResponse:
    return problem(400, "This address takes JSON, not a form. Send it with Content-Type: application/json.")


@api.exception_handler(HttpError)
def _wrong(_: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


@api.exception_handler(ValidationError)
def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"where": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in error.errors]
    return problem(422, "Some of what was sent cannot be read; see `errors`.", errors=errors)


def _routes_described() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


def _routes() -> list[URLPattern]:
    patterns = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]
    return [URLPattern(each.pattern, entered(each.callback), name=each.name) for each in patterns]


urlpatterns = [
    path("openapi.json", description, name="openapi"),
    path("docs/", docs, name="api_docs"),
    *_routes(),
    re_path(r"^(?P<rest>(?s:.*))$", nowhere, name="api_nowhere"),
]
app_name = "api"
