"""Costs by REST: the same numbers as the pages."""

from datetime import date

from ninja import Field, Query, Router, Schema, Status

from areas.allowed import access, allowed
from areas.costs import prices, sums
from areas.costs.estimate import estimate
from areas.rest import ERRORS, Problem

PREFIX = "/costs/"
router = Router()


class CostQuery(Schema):
    since: str = Field("", description="First day (UTC); 30 days before `until` if missing.", examples=["2026-01-01"])
    until: str = Field("", description="Last day, included; today if missing.")
    by: str = Field("owner", description="owner, noun, day, instance, name, what, or tag.")
    tag: str = Field("", description="The tag's key, with by=tag; project if missing.")
    noun: str = Field("", description="Only of this noun, such as TrainingJob.")
    owner: str = ""
    page: int = Field(1, ge=1, le=10_000)


class GroupOut(Schema):
    group: str
    cost: float | None = Field(description="US dollars; null where no price is known.")
    hours: float = Field(description="Instance hours.")
    things: int = Field(description="How many jobs and endpoints.")


class CostsOut(Schema):
    since: date
    until: date
    by: str
    charged: bool = Field(description="False: the embedded engine charges nothing; these are AWS's list prices.")
    cost: float
    hours: float
    unpriced_hours: float
    saved_by_spot: float
    untagged_cost: float | None
    items: list[GroupOut]
    next_page: int | None


class EstimateQuery(Schema):
    noun: str = Field("TrainingJob", examples=["TrainingJob"])
    instance_type: str = Field(examples=["ml.m5.large"])
    instance_count: int = Field(1, ge=1, le=10_000)
    max_runtime: int = Field(86400, ge=1, description="Seconds; for jobs.")
    spot: bool = False


class EstimateOut(Schema):
    an_hour: float | None = Field(description="US dollars; null where no price is known.")
    most: float | None = Field(description="For the longest time that the job may take.")
    a_month: float | None = Field(description="Of an endpoint, 730 hours.")
    as_last: float | None = Field(description="If it takes as long as the last one of its kind on that instance type.")


class PriceOut(Schema):
    instance_type: str
    hourly: float
    published: float | None
    is_own: bool


class PriceIn(Schema):
    hourly: float = Field(ge=0, le=prices.MOST)

    model_config = {"json_schema_extra": {"examples": [{"hourly": 0.115}]}}


@router.get("/", response={200: CostsOut, **ERRORS}, operation_id="read_costs")
@allowed("view", "Cost")
def read_costs(request, query: Query[CostQuery]):
    """What was spent, added up."""
    try:
        question = sums.Question.of(query.dict())
    except sums.BadQuestion as error:
        raise Problem(422, str(error), "InvalidInput") from None
    rows = sums.charges(request.connection.id, access(request), question)
    groups, more = sums.groups(rows, question, query.page)
    total = sums.total(rows)
    return {
        "since": question.since, "until": question.until, "by": question.by,
        "charged": not request.connection.is_embedded, "cost": total["cost"], "hours": total["hours"],
        "unpriced_hours": total["unpriced"], "saved_by_spot": total["saved"],
        "untagged_cost": sums.untagged(rows, question.tag)["cost"] if question.tag else None,
        "items": [{**one, "group": str(one["group"])} for one in groups], "next_page": query.page + 1 if more else None,
    }  # fmt: skip


@router.get("/estimate/", response={200: EstimateOut, **ERRORS}, operation_id="estimate_cost")
@allowed("view", "Cost")
def estimate_cost(request, query: EstimateQuery = Query(...)):  # noqa: B008
    """What a job or endpoint would cost."""
    given = query.dict() | {"spot": "on" if query.spot else ""}
    found = estimate(request.connection.id, access(request), query.noun, given)
    if found is None:
        raise Problem(422, "instance_type must be an instance type such as ml.m5.large.", "InvalidInput")
    return {name: getattr(found, name) for name in ("an_hour", "most", "a_month", "as_last")}


@router.get("/prices/", response={200: list[PriceOut], **ERRORS}, operation_id="list_prices")
@allowed("view", "Cost")
def list_prices(request):
    """The connection's price table."""
    return [{**row, "is_own": row["own"] is not None} for row in prices.table(request.connection.id)]


@router.put("/prices/{instance_type}/", response={200: PriceOut, **ERRORS}, operation_id="set_price")
@allowed("manage", "Price")
def set_price(request, instance_type: str, body: PriceIn):
    """Set the connection's own price of an instance type."""
    try:
        price = prices.set_price(request.connection, instance_type, body.hourly, user=request.user)
    except prices.BadPrice as error:
        raise Problem(422, str(error), "InvalidInput") from None
    published = prices.published().get(price.instance_type)
    return {"instance_type": price.instance_type, "hourly": price.hourly, "published": published, "is_own": True}


@router.delete("/prices/{instance_type}/", response={204: None, **ERRORS}, operation_id="reset_price")
@allowed("manage", "Price")
def reset_price(request, instance_type: str):
    """Go back to the published price."""
    if not prices.reset_price(request.connection, instance_type):
        raise Problem(404, f"{instance_type} has no price of its own on {request.connection}.", "NotFound")
    return Status(204, None)
