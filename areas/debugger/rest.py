"""Evaluations of rules by REST."""

from datetime import datetime

from ninja import Field, Query, Router, Schema

from areas.allowed import allowed
from areas.debugger.models import Evaluation
from areas.debugger.standing import evaluations
from areas.rest import ERRORS, Problem
from catalog.paging import BadCursor, read_page

PREFIX = "/debugger-rules/"
router = Router()


class EvaluationOut(Schema):
    training_job: str
    name: str = Field(description="RuleConfigurationName")
    rule: str
    status: str
    step: int | None = Field(description="The step at which the rule was met.")
    last_step: int | None = Field(description="The last step that the rules have seen.")
    reason: str
    processing_job: str
    output: str
    created: datetime
    modified: datetime


class EvaluationPage(Schema):
    items: list[EvaluationOut]
    next_cursor: str | None


class EvaluationQuery(Schema):
    status: str = Field("", max_length=16, description="InProgress, IssuesFound, NoIssuesFound, Error or Stopped.")
    rule: str = Field("", max_length=64, description="Such as Overfit.")
    training_job: str = Field("", max_length=63, description="Part of a training job's name.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


@router.get("/", response={200: EvaluationPage, **ERRORS}, operation_id="list_debugger_rules")
@allowed("view", "TrainingJob")
def list_evaluations(request, query: Query[EvaluationQuery]):
    """What rules say of the connection's training jobs, newest first."""
    rows = evaluations(request.connection, status=query.status, rule=query.rule, text=query.training_job)
    try:
        items, cursor = read_page(rows.order_by(), sort="-created", limit=query.limit, cursor=query.cursor)
    except BadCursor as error:
        raise Problem(400, str(error), "BadCursor") from None
    return {"items": [_out(one) for one in items], "next_cursor": cursor}


def _out(one: Evaluation) -> dict:
    names = ("name", "rule", "status", "step", "last_step", "reason", "output", "created", "modified")
    return {
        "training_job": one.training.name,
        "processing_job": one.job.name,
        **{name: getattr(one, name) for name in names},
    }
