from django.urls import path

from keepers.crm.people import account_views, audit_views, member_views, views

urlpatterns = [
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("theme/", views.choose_theme, name="choose_theme"),
    path("account/", account_views.account, name="account"),
    path("account/sessions/", account_views.sessions, name="sessions"),
    path("account/sessions/others/end/", account_views.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<int:pk>/end/", account_views.end_session, name="end_session"),
    path("account/tokens/", account_views.api_tokens, name="api_tokens"),
    path("account/tokens/<int:pk>/end/", account_views.end_token, name="end_token"),
    path("settings/people/", member_views.members, name="members"),
    path("settings/people/<int:pk>/", member_views.member, name="member"),
    path("settings/people/<int:pk>/invitation/", member_views.invitation, name="invitation"),
    path("settings/teams/", member_views.team_tree, name="teams"),
    path("settings/teams/<int:pk>/", member_views.team, name="team"),
    path("settings/teams/<int:pk>/removal/", member_views.remove_team, name="remove_team"),
    path("settings/audit/", audit_views.audit_log, name="audit_log"),
    path("settings/audit/audit.csv", audit_views.audit_file, name="audit_file"),
]
