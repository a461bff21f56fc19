"""Addresses of the Plan pages."""

from django.urls import path

from keepers.crm.portfolio import plan_views as views

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/customers/", views.plan_customers, name="plan_customers"),
    path("plan/customers.csv", views.plan_csv, name="plan_csv"),
]
