"""Addresses of the webhook pages."""

from django.urls import path

from areas.webhooks import pages

HOOK = "webhooks/<int:number>"

urlpatterns = [
    path("webhooks/", pages.show_list, name="webhooks"),
    path("webhooks/create/", pages.create, name="webhook-create"),
    path(f"{HOOK}/", pages.show, name="webhook"),
    path(f"{HOOK}/edit/", pages.edit, name="webhook-edit"),
    path(f"{HOOK}/secret/", pages.rotate, name="webhook-rotate"),
    path(f"{HOOK}/switch/", pages.switch, name="webhook-switch"),
    path(f"{HOOK}/delete/", pages.delete, name="webhook-delete"),
    path(f"{HOOK}/test/", pages.test, name="webhook-test"),
    path(f"{HOOK}/deliveries/<int:delivery>/redeliver/", pages.redeliver, name="webhook-redeliver"),
]
