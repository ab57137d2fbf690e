"""Members that several kinds of entities have: who made them, and maps that are edited by updates."""

from engine.context import Context
from engine.errors import invalid

LINEAGE_GROUP = "sagemaker-default-lineage-group"
MOST = {"Properties": 30, "Parameters": 300, "InputArtifacts": 60, "OutputArtifacts": 60}


def lineage_group_arn(account: str, region: str) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:lineage-group/{LINEAGE_GROUP}"


def made_by(context: Context) -> dict:
    """UserContext of the caller, as Describe shows it."""
    found = {"UserProfileName": context.user} if context.user else {}
    return {**found, "IamIdentity": {"Arn": context.principal}} if context.principal else found


def stamped(context: Context, request: dict, *, is_lineage: bool = False) -> dict:
    """A Create request as the document that Describe answers; what ``is_lineage`` names the lineage group too."""
    document = {member: value for member, value in request.items() if member != "Tags"}
    if person := made_by(context):
        document |= {"CreatedBy": person, "LastModifiedBy": person}
    if is_lineage:
        document["LineageGroupArn"] = lineage_group_arn(context.account, context.region)
    return document


def edit(context: Context, document: dict, request: dict, maps: tuple[str, ...] = (), *, replace: bool = True) -> None:
    """Apply an Update request. ``maps`` are members with a ``…ToRemove`` beside them: a new map takes the old one's place
    (``replace``) or is merged into it, then keys are removed. ValidationException if a map grows beyond its limit."""
    for member, value in request.items():
        if member in maps:
            document[member] = dict(value) if replace else {**document.get(member, {}), **value}
        elif not member.endswith(("Name", "Arn", "ToRemove")) or member in ("DisplayName", "ArtifactName"):
            document[member] = value
    for member in maps:
        for key in request.get(f"{member}ToRemove", ()):
            document.get(member, {}).pop(key, None)
        if member in request and len(document[member]) > MOST[member]:
            raise invalid(f"{member} may have at most {MOST[member]} entries; this would make {len(document[member])}.")
    if person := made_by(context):
        document["LastModifiedBy"] = person
