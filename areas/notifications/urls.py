"""Addresses of a person's notifications."""

from django.urls import path

from areas.notifications import pages

urlpatterns = [
    path("notifications/", pages.show, name="notifications"),
    path("notifications/read/", pages.read, name="notifications-read"),
    path("notifications/choose/", pages.choose, name="notifications-choose"),
    path("notifications/<int:number>/", pages.follow, name="notification"),
]
