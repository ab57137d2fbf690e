"""Addresses of the cost pages."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.costs import pages

urlpatterns = [
    path("costs/", pages.show, name="costs"),
    path("costs/charges.csv", pages.table, name="costs-csv"),
    path("costs/estimate/<slug:noun>/", pages.estimated, name="costs-estimate"),
    path("costs/of/<slug:noun>/<noun:name>/", pages.of_thing, name="costs-of"),
    path("costs/prices/", pages.price_list, name="costs-prices"),
    path("costs/prices/set/", pages.set_price, name="costs-price-set"),
    path("costs/prices/reset/", pages.reset_price, name="costs-price-reset"),
]
