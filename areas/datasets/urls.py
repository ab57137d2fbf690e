"""Addresses of the dataset pages."""

urlpatterns = []
