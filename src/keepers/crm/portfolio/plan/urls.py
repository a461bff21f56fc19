"""Addresses of the Plan pages."""

from django.urls import path

from keepers.crm.portfolio.offers import promotion_views
from keepers.crm.portfolio.plan import budget_views, costs_views, mail_views, views

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/frontier.svg", budget_views.frontier_chart, name="plan_frontier"),
    path("plan/frontier.csv", budget_views.frontier_csv, name="plan_frontier_csv"),
    path("plan/planning/", budget_views.start_planning, name="planning"),
    path("plan/customers/", views.plan_customers, name="plan_customers"),
    path("plan/customers.csv", views.plan_csv, name="plan_csv"),
    path("plan/promotions/", promotion_views.promotions, name="promotions"),
    path("plan/promotions/customers/", promotion_views.promotion, name="promotion"),
    path("plan/promotions/customers.csv", promotion_views.promotion_csv, name="promotion_csv"),
    path("plan/mailings/", mail_views.mailings, name="mailings"),
    path("settings/contacts/", costs_views.contact_costs, name="contact_costs"),
    path("plan/mailings.csv", mail_views.mailings_csv, name="mailings_csv"),
]
