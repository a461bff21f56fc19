from django.urls import path

from keepers.crm.data import assumption_views, import_views, run_views, upload_views

urlpatterns = [
    path("data/", import_views.listing, name="data"),
    path("data/imports/new/", upload_views.new, name="new_import"),
    path("data/imports/<slug:batch_id>/", import_views.show, name="import"),
    path("data/imports/<slug:batch_id>/state/", import_views.switch, name="import_state"),
    path("data/imports/<slug:batch_id>/rejects.csv", import_views.rejects_csv, name="import_rejects"),
    path("data/uploads/<int:pk>/", upload_views.show, name="upload"),
    path("data/uploads/<int:pk>/columns/", upload_views.columns, name="upload_columns"),
    path("data/uploads/<int:pk>/joining/", upload_views.joining, name="upload_joining"),
    path("data/uploads/<int:pk>/sheets/", upload_views.sheets, name="upload_sheets"),
    path("data/uploads/<int:pk>/omission/", upload_views.leave_out, name="upload_omission"),
    path("data/uploads/<int:pk>/check/", upload_views.check, name="upload_check"),
    path("data/uploads/<int:pk>/preview/", upload_views.preview, name="upload_preview"),
    path("data/uploads/<int:pk>/rejects.csv", upload_views.rejects_csv, name="upload_rejects"),
    path("data/uploads/<int:pk>/landing/", upload_views.landing, name="upload_landing"),
    path("data/uploads/<int:pk>/removal/", upload_views.let_go, name="upload_removal"),
    path("data/runs/", run_views.listing, name="runs"),
    path("data/runs/new/", run_views.start, name="new_run"),
    path("data/runs/comparison/", run_views.compare, name="run_comparison"),
    path("data/runs/<slug:run_id>/", run_views.show, name="run"),
    path("settings/", assumption_views.settings_page, name="assumptions"),
    path("settings/rates/", assumption_views.bring_rates, name="rates"),
    path("settings/previews/<int:pk>/", assumption_views.preview, name="assumption_preview"),
]
