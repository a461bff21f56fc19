"""The addresses of acting on the plan."""

from django.urls import path

from keepers.crm.approvals import audience_views, choice_views, views
from keepers.crm.approvals.trials import views as trial_views

urlpatterns = [
    path("plan/results/", views.approvals, name="approvals"),
    path("plan/trials/", trial_views.trials, name="trials"),
    path("plan/trials/beginning/", trial_views.trial_beginning, name="trial_beginning"),
    path("plan/trials/<int:pk>/", trial_views.trial, name="trial"),
    path("plan/trials/<int:pk>/customers.csv", trial_views.trial_csv, name="trial_csv"),
    path("plan/control-group/", views.control_group, name="control_group"),
    path("plan/choices/", choice_views.choices, name="plan_choices"),
    path("plan/choices/<int:pk>/undoing/", choice_views.undoing, name="plan_choice_undoing"),
    path("plan/approvals/new/", views.new_approval, name="new_approval"),
    path("plan/approvals/<int:pk>/", views.approval, name="approval"),
    path("plan/approvals/<int:pk>/chart.svg", views.chart, name="approval_chart"),
    path("plan/approvals/<int:pk>/beginning/", views.beginning, name="approval_beginning"),
    path("plan/approvals/<int:pk>/customers/", audience_views.audience, name="audience"),
    path("plan/approvals/<int:pk>/customers.csv", audience_views.audience_csv, name="audience_csv"),
]
