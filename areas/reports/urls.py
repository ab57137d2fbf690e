"""Addresses of reports, and of those that are shared by link."""

from django.urls import path

from areas.reports import editing, feeds, links, pages, shared

urlpatterns = [
    path("reports/", pages.show_list, name="reports"),
    path("reports/create/", pages.create, name="report-create"),
    path("reports/add/", editing.add, name="report-add"),
    path("reports/<int:number>/", pages.show_report, name="report"),
    path("reports/<int:number>/edit/", editing.edit, name="report-edit"),
    path("reports/<int:number>/edit/draft/", editing.draft, name="report-draft"),
    path("reports/<int:number>/edit/save/", editing.save, name="report-save"),
    path("reports/<int:number>/edit/merge/", editing.merged, name="report-merge"),
    path("reports/<int:number>/edit/preview/", editing.preview, name="report-preview"),
    path("reports/<int:number>/history/", pages.history, name="report-history"),
    path("reports/<int:number>/history/restore/", pages.restore, name="report-restore"),
    path("reports/<int:number>/share/", links.show, name="report-share"),
    path("reports/<int:number>/share/visible/", pages.show_to, name="report-visible"),
    path("reports/<int:number>/share/links/", links.create, name="report-link-create"),
    path("reports/<int:number>/share/links/<int:link>/revoke/", links.revoke, name="report-link-revoke"),
    path("reports/<int:number>/share/freeze/", links.freeze, name="report-freeze"),
    path("reports/<int:number>/share/frozen/<int:snapshot>/delete/", links.melt, name="report-melt"),
    path("reports/<int:number>/delete/", pages.delete, name="report-delete"),
    path("reports/<int:number>/export/<str:form>/", pages.export, name="report-export"),
    path("reports/<int:number>/comments/", pages.comment, name="report-comment"),
    path("reports/<int:number>/comments/<int:comment>/delete/", pages.delete_comment, name="report-comment-delete"),
    path("reports/<int:number>/blocks/<str:block>/series/", feeds.series, name="report-series"),
    path("reports/<int:number>/files/<str:digest>/", feeds.file, name="report-file"),
    path("shared-reports/<str:token>/", shared.show_report, name="shared-report"),
    path("shared-reports/<str:token>/blocks/<str:block>/series/", shared.series, name="shared-report-series"),
    path("shared-reports/<str:token>/files/<str:digest>/", shared.file, name="shared-report-file"),
]
