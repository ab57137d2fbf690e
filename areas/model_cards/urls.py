"""Addresses of the pages of model cards; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.model_cards import making, pages

CARD = "model-cards/<noun:name>"

urlpatterns = [
    path("model-cards/create/", making.create, name="model_card-create"),
    path(f"{CARD}/", pages.show, name="model_card"),
    path(f"{CARD}/edit/", making.edit, name="model_card-edit"),
    path(f"{CARD}/versions/", pages.show_versions, name="model_card-versions"),
    path(f"{CARD}/exports/", pages.show_exports, name="model_card-exports"),
    path(f"{CARD}/exports/<str:job>/card.pdf", pages.download, name="model_card-pdf"),
    path(f"{CARD}/export/", pages.export, name="model_card-export"),
    path(f"{CARD}/status/", pages.set_status, name="model_card-status"),
    path(f"{CARD}/code/", pages.show_code, name="model_card-code"),
]
