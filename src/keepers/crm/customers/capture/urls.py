from django.urls import path

from keepers.crm.customers.capture import confirming_views, settings_views, views

urlpatterns = [
    path("web/confirmation/<str:token>/", confirming_views.confirmation, name="web_form_confirmation"),
    path("web/confirmation/<str:token>/letters/", confirming_views.letters, name="web_form_letters"),
    path("web/<str:key>/", views.page, name="web_form_page"),
    path("web/<str:key>/thanks/", views.thanks, name="web_form_thanks"),
    path("web/<str:key>/token/", views.token, name="web_form_token"),
    path("web/<str:key>/answers/", views.answers, name="web_form_answers"),
    path("web/<str:key>/visits/", views.visits, name="web_form_visits"),
    path("settings/forms/", settings_views.web_forms, name="web_forms"),
    path("settings/forms/<int:pk>/", settings_views.web_form, name="web_form"),
]
