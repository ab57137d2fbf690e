"""Addresses of the endpoint pages and of the predict gateway; the lists are the generic ones."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.endpoints import feeds, keys, making, pages, playground, predict

ENDPOINT = "endpoints/<noun:name>"

urlpatterns = [
    path("predict/<str:endpoint>", predict.predict, name="predict"),
    path("endpoints/deploy/", making.deploy_page, name="endpoint-deploy"),
    path("endpoints/create/", making.create_endpoint, name="endpoint-create"),
    path("endpoint-configs/create/", making.create_config, name="endpoint_config-create"),
    path("endpoint-configs/<noun:name>/", pages.show_config, name="endpoint_config"),
    path(f"{ENDPOINT}/", pages.overview, name="endpoint"),
    path(f"{ENDPOINT}/playground/", pages.playground, name="endpoint-playground"),
    path(f"{ENDPOINT}/playground/invoke/", playground.invoke, name="endpoint-invoke"),
    path(f"{ENDPOINT}/playground/row/", playground.random_row, name="endpoint-row"),
    path(f"{ENDPOINT}/metrics/", pages.metrics, name="endpoint-metrics"),
    path(f"{ENDPOINT}/logs/", pages.log_page, name="endpoint-logs"),
    path(f"{ENDPOINT}/keys/", keys.show, name="endpoint-keys"),
    path(f"{ENDPOINT}/keys/<int:key_id>/revoke/", keys.revoke, name="endpoint-key-revoke"),
    path(f"{ENDPOINT}/configuration/", pages.configuration, name="endpoint-configuration"),
    path(f"{ENDPOINT}/events/", pages.events, name="endpoint-events"),
    path(f"{ENDPOINT}/live/", pages.live, name="endpoint-live"),
    path(f"{ENDPOINT}/update/", pages.update, name="endpoint-update"),
    path(f"{ENDPOINT}/roll-back/", pages.roll_back, name="endpoint-roll-back"),
    path(f"{ENDPOINT}/shift/", pages.shift, name="endpoint-shift"),
    path(f"{ENDPOINT}/delete/", pages.delete, name="endpoint-delete"),
    path(f"{ENDPOINT}/take-back/", pages.take_back, name="endpoint-take-back"),
    path(f"{ENDPOINT}/points.json", feeds.points, name="endpoint-points"),
    path(f"{ENDPOINT}/log.json", feeds.log, name="endpoint-log"),
    path(f"{ENDPOINT}/log.txt", feeds.download, name="endpoint-log-download"),
]
