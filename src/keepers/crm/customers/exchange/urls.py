from django.urls import path, re_path

from keepers.crm.customers.exchange import list_views, views

urlpatterns = [
    path("kept/", list_views.kept, name="kept"),
    re_path(r"^kept/kept\.(?P<ending>csv|xlsx)$", list_views.kept_file, name="kept_file"),
    path("kept/<int:pk>/panel/", list_views.panel, name="kept_panel"),
    path("data/people/", views.listing, name="people_imports"),
    path("data/people/new/", views.new, name="new_people_import"),
    path("data/people/<int:pk>/", views.show, name="people_import"),
    path("data/people/<int:pk>/tables/", views.tables, name="people_tables"),
    path("data/people/<int:pk>/tables/<int:number>/", views.columns, name="people_columns"),
    path("data/people/<int:pk>/check/", views.check, name="people_check"),
    path("data/people/<int:pk>/owners/", views.owners, name="people_owners"),
    path("data/people/<int:pk>/landing/", views.landing, name="people_landing"),
    path("data/people/<int:pk>/undo/", views.undo, name="people_undo"),
    path("data/people/<int:pk>/removal/", views.let_go, name="people_removal"),
    path("data/people/<int:pk>/refused.csv", views.refused_csv, name="people_refused"),
]
