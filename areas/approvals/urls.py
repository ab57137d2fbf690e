"""Addresses of the approval desk."""

from django.urls import path

from areas.approvals import acts, pages, policy_pages

urlpatterns = [
    path("approvals/", pages.show_list, name="approvals"),
    path("approvals/ask/", acts.ask, name="approval-ask"),
    path("approvals/policies/", policy_pages.show_list, name="approval-policies"),
    path("approvals/policies/create/", policy_pages.create, name="approval-policy-create"),
    path("approvals/policies/<int:number>/", policy_pages.edit, name="approval-policy"),
    path("approvals/policies/<int:number>/versions/", policy_pages.show_versions, name="approval-policy-versions"),
    path("approvals/policies/<int:number>/delete/", policy_pages.delete, name="approval-policy-delete"),
    path("approvals/<int:number>/", pages.show, name="approval"),
    path("approvals/<int:number>/state/", pages.show_state, name="approval-state"),
    path("approvals/<int:number>/vote/", acts.vote, name="approval-vote"),
    path("approvals/<int:number>/comment/", acts.comment, name="approval-comment"),
    path("approvals/<int:number>/checks/", acts.rerun, name="approval-checks"),
    path("approvals/<int:number>/override/", acts.override, name="approval-override"),
    path("approvals/<int:number>/take-back/", acts.take_back, name="approval-take-back"),
    path("approvals/<int:number>/redeploy/", acts.redeploy, name="approval-redeploy"),
    path("approvals/<int:number>/rollouts/<int:rollout>/undo/", acts.undo, name="approval-undo"),
]
