"""Addresses of the Insight pages."""

from django.urls import path

from keepers.crm.portfolio.insight import views
from keepers.crm.portfolio.offers import wallet_views
from keepers.crm.portfolio.prospects import views as prospect_views

urlpatterns = [
    path("insight/", views.insights, name="insights"),
    path("insight/prospects/", prospect_views.prospects, name="prospects"),
    path("insight/prospects/rows.csv", prospect_views.prospects_csv, name="prospects_csv"),
    path("insight/wallets/", wallet_views.wallets, name="wallets"),
    path("insight/wallets/rows.csv", wallet_views.wallets_csv, name="wallets_csv"),
    path("insight/wallets/answers/", wallet_views.bring, name="wallet_answers"),
    path("insight/<slug:name>/", views.insight, name="insight"),
    path("insight/<slug:name>/chart.svg", views.insight_chart, name="insight_chart"),
    path("insight/<slug:name>/rows.csv", views.insight_csv, name="insight_csv"),
]
