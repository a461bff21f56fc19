"""The addresses of privacy."""

from django.urls import path

from keepers.crm.privacy import views

urlpatterns = [
    path("customers/<int:pk>/privacy/", views.privacy, name="privacy"),
    path("customers/<int:pk>/takeouts/", views.takeouts, name="takeouts"),
    path("customers/<int:pk>/takeouts/<int:takeout>/", views.takeout, name="takeout"),
    path("customers/<int:pk>/forgetting/", views.forgetting, name="forget"),
    path("settings/privacy/", views.forgotten, name="forgotten"),
    path("settings/privacy/return/", views.coming_back, name="let_in_again"),
    path("settings/privacy/<int:pk>/", views.account, name="forgetting"),
    path("settings/privacy/<int:pk>/going-on/", views.going_on, name="go_on_forgetting"),
]
