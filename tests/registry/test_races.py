"""Two hundred approvals, edits and deletes at once: the audit log, read in order, shows that every outcome obeyed the policy
that was in force at that moment, with the voters' roles of that moment."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from django.db import close_old_connections, connection, transaction

from catalog import audit
from catalog.models import AuditEntry, Grant, Record, Role
from registry import decisions
from registry.approvals import ApprovalRequest, PolicyVersion
from registry.errors import DeskError
from tests.registry.desk import fresh
from tests.stage import Person

OPERATIONS, THREADS, REVIEWERS, VERSIONS = 200, 8, 5, 14


def test_two_reviewers_at_once(desk):
    """The second and last vote, twice at the same time: decided once."""
    desk.policy(approvals=1)
    for _ in range(3):
        request = desk.version()
        with ThreadPoolExecutor(2) as pool:
            votes = [pool.submit(_in_thread, desk.vote, who, request) for who in (desk.cast.rosa, desk.cast.remi)]
        results = sorted(type(vote.result()).__name__ for vote in votes)
        assert results in (["ApprovalRequest", "Conflict"], ["ApprovalRequest", "ApprovalRequest"])
        assert (fresh(request).state, desk.status(request)) == ("Approved", "Approved")
        assert request.remarks.filter(kind="decided").count() == 1


def test_every_outcome_obeys_the_policy_in_force(desk):
    chance = random.Random(7)
    people = [Person(desk.aws, f"reviewer{number}", "Reviewer") for number in range(REVIEWERS)]
    clients = {person.name: person.client("sagemaker") for person in people}
    policy = desk.policy(approvals=2, roles=["Reviewer"])
    found = [desk.version() for _ in range(VERSIONS)]
    grants = {person.name: person.grant.id for person in people}
    role = Role.objects.get(name="Reviewer")

    def vote(person, request):
        desk.vote(person, request, chance.choice(["approve"] * 5 + ["reject", "changes"]))

    def go_around(person, request):
        clients[person.name].update_model_package(
            ModelPackageArn=request.arn, ModelApprovalStatus=chance.choice(["Approved", "Rejected"])
        )

    def edit_policy(person, request):
        desk.change(policy, approvals=chance.choice([1, 2, 3]), enabled=chance.random() < 0.9,
                    one_rejection_rejects=chance.random() < 0.5)  # fmt: skip

    def change_role(person, request):
        with transaction.atomic():
            gone = Grant.objects.filter(user=person.user, role=role).delete()[0]
            if not gone:
                Grant.objects.create(role=role, connection_id=desk.connection.id, user=person.user)
            audit.append("TestRole", person.name, on=desk.connection.name, after={"has": not gone})

    def delete(person, request):
        desk.sagemaker.delete_model_package(ModelPackageName=request.arn)

    acts = [vote] * 12 + [go_around] * 4 + [edit_policy, change_role, delete]
    work = [(chance.choice(acts), chance.choice(people), chance.choice(found)) for _ in range(OPERATIONS)]
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [
            one.result() for one in [pool.submit(_in_thread, act, person, request) for act, person, request in work]
        ]

    unexpected = [one for one in outcomes if isinstance(one, Exception) and not _is_refusal(one)]
    assert unexpected == []
    for request in ApprovalRequest.objects.filter(connection=desk.connection, state="Deciding"):
        decisions.carry_out(request.id)
    decided = _replay(desk, policy, found, set(grants))
    assert decided["Approved"] >= 2
    for request in ApprovalRequest.objects.filter(connection=desk.connection):
        record = Record.objects.filter(connection=desk.connection, arn=request.arn).first()
        if record:
            status = record.document["ModelApprovalStatus"]
            assert status == (request.state if request.state in ("Approved", "Rejected") else "PendingManualApproval")
        else:
            assert request.state in ("Cancelled", "Approved", "Rejected")


def _in_thread(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error
    finally:
        close_old_connections()
        connection.close()


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in ("AccessDeniedException", "ValidationException")
    return isinstance(error, DeskError)


def _replay(desk, policy, found, reviewers: set[str]) -> dict[str, int]:
    """Follow the log from the beginning, and check each decision against what was true when it was written."""
    documents = {(version.number): version.document for version in PolicyVersion.objects.filter(policy=policy.id)}
    rule, votes, decided = documents[1], {request.arn: {} for request in found}, {"Approved": 0, "Rejected": 0}
    status = dict.fromkeys(votes, "PendingManualApproval")
    for entry in AuditEntry.objects.filter(connection=desk.connection.name, outcome="Done").order_by("number"):
        detail = json.loads(entry.detail) if entry.detail else {}
        if entry.action == "TestRole":
            (reviewers.add if json.loads(entry.after)["has"] else reviewers.discard)(entry.target)
        elif entry.action == "UpdateApprovalPolicy":
            rule = documents[detail["version"]]
        elif entry.action == "VoteApprovalRequest":
            votes[entry.target][entry.user] = detail["vote"]
        elif entry.action == "UpdateModelPackage":
            wanted = detail["request"]["ModelApprovalStatus"]
            if status[entry.target] == wanted:
                continue  # said twice
            status[entry.target] = wanted
            decided[wanted] += 1
            if not rule["enabled"]:
                continue  # without a policy roles are read once, when the call begins: one may be gone when it ends
            assert entry.user in reviewers, f"entry {entry.number}: {entry.user} had no role"
            cast = {user: choice for user, choice in votes[entry.target].items() if user in reviewers}
            against = [user for user, choice in cast.items() if choice == "reject"]
            if wanted == "Rejected":
                assert len(against) >= (1 if rule["one_rejection_rejects"] else rule["approvals"]), entry
            else:
                assert not against, entry
                assert "changes" not in cast.values(), entry
                assert sum(choice == "approve" for choice in cast.values()) >= rule["approvals"], entry
                assert desk.cast.alice.name not in cast, entry
    return decided
