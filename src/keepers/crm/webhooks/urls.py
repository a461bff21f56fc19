from django.urls import path

from keepers.crm.webhooks import views

urlpatterns = [
    path("settings/webhooks/", views.webhooks, name="webhooks"),
    path("settings/webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("settings/webhooks/<int:pk>/trial/", views.trial, name="webhook_trial"),
    path("settings/webhooks/<int:pk>/secret/", views.secret, name="webhook_secret"),
    path("settings/webhooks/<int:pk>/removal/", views.removal, name="webhook_removal"),
    path("settings/webhooks/<int:pk>/replay/", views.replay, name="webhook_replay"),
]
