"""Every address: each room's own, below one roof."""

from allauth.mfa.webauthn.views import login_webauthn
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from keepers.crm.entrance import for_everybody, for_strangers
from keepers.crm.people.sign_in.providers import asking_the_provider
from keepers.web import assets, gallery, guide, leaving, role_views, search, today

PROVIDER = "account/provider/oidc/<slug:provider_id>/login/"  # where allauth has it

urlpatterns = [
    path("", today.today, name="today"),
    path("search/", search.search, name="search"),
    path("palette/", search.palette, name="palette"),
    path("api/v1/", include("keepers.web.api")),
    path("guide/", guide.contents, name="guide_contents"),
    path("guide/<slug:chapter>/", guide.chapter, name="guide"),
    path("styles/<slug:name>.css", assets.send_stylesheet, name="stylesheet"),
    path("", include("keepers.crm.people.urls")),
    path("", include("keepers.crm.lists.urls")),
    path("", include("keepers.crm.customers.timeline.urls")),
    path("", include("keepers.crm.customers.capture.urls")),
    path("", include("keepers.crm.customers.duplicates.urls")),
    path("", include("keepers.crm.jobs.urls")),
    path("", include("keepers.crm.portfolio.urls")),
    path("", include("keepers.crm.portfolio.surveys.urls")),
    path("", include("keepers.crm.portfolio.insight.urls")),
    path("", include("keepers.crm.portfolio.plan.urls")),
    path("", include("keepers.crm.customers.urls")),
    path("", include("keepers.crm.approvals.urls")),
    path("", include("keepers.crm.work.urls")),
    path("", include("keepers.web.record.urls")),
    path("", include("keepers.crm.privacy.urls")),
    path("data/people/export/", leaving.page, name="people_export"),
    path("data/people/export/<slug:what>.<slug:ending>", leaving.file, name="people_export_file"),
    path("", include("keepers.crm.customers.exchange.urls")),
    path("", include("keepers.crm.inbox.urls")),
    path("", include("keepers.crm.webhooks.urls")),
    path("", include("keepers.crm.data.urls")),
    path("account/email/", for_everybody(RedirectView.as_view(pattern_name="account_change_password"))),  # it stays
    path("settings/roles/", role_views.roles, name="roles"),
    path("settings/roles/<slug:role>/", role_views.role, name="role"),
    path("settings/roles/<slug:role>/default/", role_views.role_default, name="role_default"),
    path("account/", include("allauth.account.urls")),
    path("account/second-step/webauthn/", for_everybody(RedirectView.as_view(pattern_name="mfa_index"))),
    path("account/second-step/webauthn/login/", for_strangers(login_webauthn), name="mfa_login_webauthn"),
    path("account/second-step/", include("allauth.mfa.urls")),
    path("account/provider/", include("allauth.socialaccount.urls")),
    path(PROVIDER, for_strangers(asking_the_provider(oidc.login)), name="openid_connect_login"),
    path(f"{PROVIDER}callback/", for_strangers(asking_the_provider(oidc.callback)), name="openid_connect_callback"),
]

handler500 = "keepers.web.middleware.broken"

if settings.DEBUG:
    urlpatterns += [
        path("gallery/", gallery.gallery, name="gallery"),
        path("gallery/chart.svg", gallery.chart, name="gallery_chart"),
    ]
