"""The addresses of work."""

from django.urls import path, re_path

from keepers.crm.work import cadence_views, list_views, reminder_views, views

urlpatterns = [
    path("work/", views.work, name="work"),
    path("work/changes/", views.changes, name="work_changes"),
    path("work/reminders/", reminder_views.reminders, name="reminders"),
    path("work/reminders/feed/", reminder_views.feed, name="new_feed"),
    path("work/calendar/<str:token>.ics", reminder_views.calendar, name="calendar_feed"),
    path("tasks/", list_views.tasks, name="tasks"),
    re_path(r"^tasks/tasks\.(?P<ending>csv|xlsx)$", list_views.tasks_file, name="tasks_file"),
    path("tasks/changes/", list_views.change_many, name="change_tasks"),
    path("tasks/changes/<int:pk>/undoing/", list_views.undo_many, name="undo_tasks"),
    path("tasks/<int:pk>/panel/", list_views.panel, name="task_panel"),
    path("tasks/<int:pk>/properties/<slug:name>/", list_views.change, name="task_property"),
    path("tasks/<int:pk>/properties/<slug:name>/text/", list_views.tell, name="task_property_text"),
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
