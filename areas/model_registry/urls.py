"""Addresses of the registry's pages; the lists are the generic ones."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.model_registry import compare_pages, groups, pages, register_pages, talking

GROUP, VERSION = "model-package-groups/<noun:name>", "model-packages/<noun:name>"

urlpatterns = [
    path("model-registry/compare/", compare_pages.compare, name="model-compare"),
    path("model-registry/version/", compare_pages.go, name="model-version"),
    path("model-registry/register/", register_pages.register, name="model-register"),
    path("model-registry/upload/", register_pages.upload, name="model-upload"),
    path("model-registry/upload/file/", register_pages.receive, name="model-receive"),
    path("model-registry/registrations/<int:number>/", register_pages.show_registration, name="registration"),
    path("model-registry/registrations/<int:number>/cancel/", register_pages.cancel, name="registration-cancel"),
    path("model-registry/comments/<int:number>/", talking.change, name="model-comment-change"),
    path("model-registry/note/<str:kind>/<record:name>/", talking.write_note, name="model-note"),
    path("model-registry/comment/<str:kind>/<record:name>/", talking.say, name="model-comment"),
    path("model-registry/people/<str:kind>/<record:name>/", talking.suggest, name="model-people"),
    path("model-package-groups/create/", groups.create, name="model_package_group-create"),
    path("model-packages/create/", register_pages.register, name="model_package-create"),
    path(f"{GROUP}/", groups.show, name="model_package_group"),
    path(f"{GROUP}/aliases/", groups.set_alias, name="model-alias"),
    path(f"{GROUP}/aliases/remove/", groups.remove_alias, name="model-alias-remove"),
    path(f"{GROUP}/sharing/", groups.share, name="model-share"),
    path(f"{VERSION}/", pages.show, name="model_package"),
    path(f"{VERSION}/files/", pages.show_files, name="model_package-files"),
    path(f"{VERSION}/stage/", pages.set_stage, name="model_package-stage"),
    path(f"{VERSION}/properties/", pages.set_properties, name="model_package-properties"),
    path(f"{VERSION}/deploy/", pages.deploy, name="model_package-deploy"),
]
