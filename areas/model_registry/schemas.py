"""What the registry's routes take and give."""

from datetime import datetime

from ninja import Field, Schema

from areas.model_registry import talk

NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
VERSION = Field(max_length=256, description="group/3 or group@alias.", examples=["churn/3", "churn@champion"])


class AliasOut(Schema):
    name: str = Field(examples=["champion"])
    group: str
    version: int
    package: str = Field(examples=["churn/3"])
    protected: bool
    moved: datetime
    by: str


class AliasList(Schema):
    items: list[AliasOut]


class AliasIn(Schema):
    version: int = Field(ge=1, le=999_999_999, examples=[3])
    protected: bool | None = Field(
        None, description="Moved by who may approve, to Approved versions only; null: as it is."
    )
    seen: int | None = Field(
        None, ge=0, description="The version it points to until now (0: nothing): 409 if it doesn't."
    )

    model_config = {"json_schema_extra": {"examples": [{"version": 3, "protected": True}]}}


class MoveOut(Schema):
    name: str
    before: int | None
    after: int | None
    protected: bool
    at: datetime
    by: str


class MoveList(Schema):
    items: list[MoveOut]


class PackageOut(Schema):
    name: str = Field(examples=["churn/3"])
    arn: str
    approval: str
    aliases: list[str]


class TargetQuery(Schema):
    name: str = Field(max_length=256, description="A version (group/3) or a group.", examples=["churn/3"])
    kind: str = Field("ModelPackage", pattern="^(ModelPackage|ModelPackageGroup)$")


class NoteOut(Schema):
    id: int = Field(description="0 where nobody has written one.")
    text: str
    html: str
    user: str
    at: datetime | None


class NoteIn(Schema):
    text: str = Field(max_length=talk.LONGEST)
    seen: int | None = Field(
        None, ge=0, le=2**62, description="id of the note that was edited (0: none): 409 if there is another."
    )

    model_config = {"json_schema_extra": {"examples": [{"text": "Trained on the three islands.", "seen": 0}]}}


class CommentOut(Schema):
    id: int
    text: str = Field(description="Markdown; empty once it is taken back.")
    html: str
    user: str
    at: datetime
    edited: datetime | None
    deleted: datetime | None


class CommentList(Schema):
    items: list[CommentOut]


class CommentIn(Schema):
    text: str = Field(min_length=1, max_length=talk.LONGEST)

    model_config = {"json_schema_extra": {"examples": [{"text": "Looks right, @rosa?"}]}}


class RowOut(Schema):
    label: str
    old: float | str | None
    new: float | str | None
    delta: float | None
    verdict: str = Field(description="good, bad or empty.")


class SectionOut(Schema):
    title: str
    rows: list[RowOut]


class CompareOut(Schema):
    old: str
    new: str
    sections: list[SectionOut]


class CompareQuery(Schema):
    old: str = VERSION
    new: str = VERSION
    all: bool = Field(False, description="What is the same, too.")


class FromJobIn(Schema):
    job: str = Field(max_length=256, examples=["churn-xgboost-1"])
    group: str = Field(pattern=NAME, examples=["churn"])
    make_group: bool = False
    description: str = Field("", max_length=1024)
    commit: str = Field("", max_length=1024)
    repository: str = Field("", max_length=1024)

    model_config = {"json_schema_extra": {"examples": [{"job": "churn-xgboost-1", "group": "churn"}]}}


class FromPackageIn(Schema):
    package: str = VERSION
    group: str = Field(pattern=NAME)
    connection: str = Field("", max_length=50, description="Where to register it; empty: where it is.")
    make_group: bool = False
    description: str = Field("", max_length=1024)

    model_config = {
        "json_schema_extra": {"examples": [{"package": "churn/3", "group": "churn-live", "connection": "live"}]}
    }


class RegisteredOut(Schema):
    name: str = Field(examples=["churn/4"])


class ArchiveQuery(Schema):
    group: str = Field(pattern=NAME)
    image: str = Field(max_length=255)
    sample: str = Field(max_length=20_000, description="The body of a request that the model must answer.")
    content_type: str = Field("text/csv", max_length=255)
    filename: str = Field("model.tar.gz", max_length=255)
    description: str = Field("", max_length=1024)


class RegistrationOut(Schema):
    """``state`` Queued, Submitting, Completed, Failed or Stopped; ``name`` once it is Completed."""

    run: int
    state: str
    name: str
    error: str
    measured: str
    answer: str
