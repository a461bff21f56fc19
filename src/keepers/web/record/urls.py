"""The addresses of a customer's record."""

from django.urls import path

from keepers.web.record import views as record

urlpatterns = [
    path("customers/<int:pk>/", record.customer, name="customer"),
    path("customers/<int:pk>/panel/", record.panel, name="customer_panel"),
    path("customers/<int:pk>/orders.csv", record.lines, name="customer_lines"),
    path("customers/<int:pk>/<slug:name>/chart.svg", record.chart, name="customer_chart"),
    path("customers/<int:pk>/<slug:name>/rows.csv", record.rows, name="customer_csv"),
]
