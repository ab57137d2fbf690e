"""Model packages as they are read: described by name or ARN, listed, described many at a time."""

from django.db.models import QuerySet

from areas.model_registry.engine.sharing import groups_shared_with
from areas.model_registry.resource import GROUP, PACKAGE
from areas.permissions import Need, of_arn
from catalog.models import Record
from engine import sharing, store, verbs
from engine.context import Context
from engine.operations import operation
from engine.verbs import listing, sql

_OF_A_BATCH = (
    "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription", "CreationTime",
    "InferenceSpecification", "ModelPackageStatus", "ModelApprovalStatus", "ModelPackageRegistrationType",
)  # fmt: skip


@operation("DescribeModelPackage")
def describe_model_package(context: Context, request: dict) -> dict:
    """A package by name, ``group/number`` or ARN. With IncludedData MetadataOnly its model card's content is left out."""
    record = store.look_up(context, PACKAGE, request["ModelPackageName"])
    answer = verbs.describe(context, PACKAGE, record.name)
    if request.get("IncludedData") == "MetadataOnly" and "ModelCard" in answer:
        answer["ModelCard"] = {name: value for name, value in answer["ModelCard"].items() if name != "ModelCardContent"}
    return answer


@operation("ListModelPackageGroups")
def list_model_package_groups(context: Context, request: dict) -> dict:
    """The account's groups; with CrossAccountFilterOption CrossAccount those that other accounts share with the caller."""

    def narrowed(rows: QuerySet) -> QuerySet:
        if request.get("CrossAccountFilterOption") == "CrossAccount":
            return context.access.visible(Record.objects.filter(id__in=groups_shared_with(context)), GROUP.noun)
        return rows

    return listing.answer_list(
        context, request, resource=GROUP, narrowed=narrowed, answered=("CrossAccountFilterOption",)
    )


@operation("ListModelPackages")
def list_model_packages(context: Context, request: dict) -> dict:
    """Packages without a group, unless ModelPackageGroupName or ModelPackageType says otherwise."""
    group = request.get("ModelPackageGroupName")
    name = store.look_up(context, GROUP, group).name if group else ""
    wanted = request.get("ModelPackageType") or ("Versioned" if group else "Unversioned")

    def narrowed(rows: QuerySet) -> QuerySet:
        if name:
            rows = rows.filter(parent=name)
        if wanted == "Versioned":
            rows = rows.exclude(parent="")
        elif wanted == "Unversioned":
            rows = rows.filter(parent="")
        if part := request.get("NameContains"):
            plain = """CASE WHEN "catalog_record"."parent" = '' THEN "catalog_record"."name" ELSE "catalog_record"."parent" END"""
            rows = rows.filter(sql.condition(sql.contains((plain, ()), part)))
        return rows

    return listing.answer_list(
        context, request, resource=PACKAGE, narrowed=narrowed,
        answered=("ModelPackageGroupName", "ModelPackageType", "NameContains"),
    )  # fmt: skip


@operation("BatchDescribeModelPackage")
def batch_describe_model_package(context: Context, request: dict) -> dict:
    """Summaries of up to 100 packages by ARN, of this account or shared by another; what can't be read, with the reason."""
    arns = request["ModelPackageArnList"]
    rows = {
        record.arn: record
        for record in Record.objects.filter(arn__in=arns, kind=PACKAGE.noun).select_related("connection")
    }
    own = Record.objects.filter(id__in=[record.id for record in rows.values()], connection_id=context.connection.id)
    readable = set(context.access.visible(own, PACKAGE.noun).values_list("arn", flat=True))
    summaries, errors = {}, {}
    for arn in dict.fromkeys(arns):
        _, name, account = of_arn(arn)
        if account != context.account and context.access.may("view", PACKAGE.noun, name):
            is_readable = sharing.shares(context, Need("view", PACKAGE.noun, name, account))
        else:
            is_readable = arn in readable
        if arn in rows and rows[arn].connection.is_embedded and is_readable:
            document = rows[arn].document
            summaries[arn] = {member: document[member] for member in _OF_A_BATCH if member in document}
        else:
            error = store.missing(PACKAGE, name, arn)
            errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
    return {"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}
