"""The addresses of work."""

from django.urls import path

from keepers.crm.work import cadence_views, reminder_views, views

urlpatterns = [
    path("work/", views.work, name="work"),
    path("work/changes/", views.changes, name="work_changes"),
    path("work/reminders/", reminder_views.reminders, name="reminders"),
    path("work/reminders/feed/", reminder_views.feed, name="new_feed"),
    path("work/calendar/<str:token>.ics", reminder_views.calendar, name="calendar_feed"),
    path("tasks/new/", views.new_task, name="new_task"),
    path("tasks/<int:pk>/", views.task, name="task"),
    path("tasks/<int:pk>/completion/", views.completion, name="task_completion"),
    path("tasks/<int:pk>/dropping/", views.dropping, name="task_dropping"),
    path("tasks/<int:pk>/reopening/", views.reopening, name="task_reopening"),
    path("cadences/", cadence_views.cadences, name="cadences"),
    path("cadences/new/", cadence_views.new_cadence, name="new_cadence"),
    path("cadences/<int:pk>/", cadence_views.cadence, name="cadence"),
    path("cadences/<int:pk>/settings/", cadence_views.edit_cadence, name="edit_cadence"),
    path("cadences/<int:pk>/planning/", cadence_views.planning, name="cadence_planning"),
]
