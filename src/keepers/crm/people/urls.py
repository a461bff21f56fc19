from django.urls import path

from keepers.crm.people import views

urlpatterns = [
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("theme/", views.choose_theme, name="choose_theme"),
]
