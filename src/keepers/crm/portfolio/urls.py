from django.urls import path, re_path

from keepers.crm.portfolio import views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    re_path(r"^customers/customers\.(?P<ending>csv|xlsx)$", views.customers_file, name="customers_file"),
]
