from django.urls import path

from keepers.crm.inbox import views

urlpatterns = [path("data/inbox/", views.inbox, name="inbox")]
