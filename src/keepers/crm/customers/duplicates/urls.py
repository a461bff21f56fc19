"""The addresses of duplicates."""

from django.urls import path

from keepers.crm.customers.duplicates import views

urlpatterns = [
    path("duplicates/", views.duplicates, name="duplicates"),
    path("duplicates/search/", views.search, name="find_duplicates"),
    path("duplicates/merges/", views.merges, name="merge_duplicates"),
    path("duplicates/merges/jobs/<int:pk>/undoing/", views.undoing_all, name="undo_merges"),
    path("duplicates/merges/<int:pk>/undoing/", views.undoing, name="undo_merge"),
    path("duplicates/<int:pk>/", views.pair, name="pair"),
    path("duplicates/<int:pk>/merge/", views.merging, name="merge_pair"),
    path("duplicates/<int:pk>/apart/", views.parting, name="part_pair"),
]
