"""The addresses of acts on a timeline."""

from django.urls import path, re_path

from keepers.crm.customers.timeline import list_views, views

urlpatterns = [
    path("customers/<int:pk>/touches/", views.touches, name="touches"),
    path("touches/", list_views.touches, name="all_touches"),
    re_path(r"^touches/touches\.(?P<ending>csv|xlsx)$", list_views.touches_file, name="touches_file"),
    path("touches/changes/", list_views.change_many, name="change_touches"),
    path("touches/changes/<int:pk>/undoing/", list_views.undo_many, name="undo_touches"),
    path("touches/<int:pk>/properties/<slug:name>/", list_views.change, name="touch_property"),
    path("touches/<int:pk>/outcome/text/", list_views.tell, name="touch_property_text"),
    path("touches/<int:pk>/panel/", list_views.panel, name="touch_panel"),
    path("touches/<int:pk>/", views.touch, name="touch"),
    path("touches/<int:pk>/removal/", views.removal, name="touch_removal"),
    path("mails/<int:pk>/sending/", views.sending, name="mail_sending"),
]
