from django.urls import path

from keepers.crm.portfolio.surveys import views

urlpatterns = [
    path("insight/drivers/", views.surveys, name="surveys"),
    path("insight/drivers/made-up-survey.csv", views.example, name="survey_example"),
    path("insight/drivers/<int:pk>/", views.survey, name="survey"),
    path("insight/drivers/<int:pk>/removal/", views.removal, name="survey_removal"),
    path("insight/drivers/<int:pk>/<slug:name>/chart.svg", views.chart, name="survey_chart"),
    path("insight/drivers/<int:pk>/<slug:name>/rows.csv", views.rows_file, name="survey_rows"),
]
