"""The addresses of acts on a timeline."""

from django.urls import path

from keepers.crm.customers.timeline import views

urlpatterns = [
    path("customers/<int:pk>/touches/", views.touches, name="touches"),
    path("touches/<int:pk>/", views.touch, name="touch"),
    path("touches/<int:pk>/removal/", views.removal, name="touch_removal"),
    path("mails/<int:pk>/sending/", views.sending, name="mail_sending"),
]
