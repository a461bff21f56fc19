from django.urls import path

from keepers.crm.lists import views

urlpatterns = [
    path("lists/<slug:noun>/views/", views.save_view, name="save_view"),
    path("lists/views/<int:pk>/name/", views.rename_view, name="rename_view"),
    path("lists/views/<int:pk>/sharing/", views.share_view, name="share_view"),
    path("lists/views/<int:pk>/removal/", views.remove_view, name="remove_view"),
]
