from django.urls import path

from keepers.crm.jobs import progress

urlpatterns = [
    path("jobs/<int:pk>/", progress.part, name="job"),
    path("jobs/<int:pk>/cancellation/", progress.cancel, name="job_cancellation"),
]
