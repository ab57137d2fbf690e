"""Pages of costs: what was spent and by whom, the price table, and the pieces that forms and job pages show."""

import csv
from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from areas.allowed import access, allowed, visible
from areas.costs import metering, prices, sums
from areas.costs.estimate import TUNING, estimate
from areas.costs.models import Charge
from areas.index import resources
from catalog.models import Record

COLUMNS = (
    "day", "kind", "name", "owner", "what", "part", "instance_type", "instances", "hours", "hourly", "discount", "cost",
    "tags",
)  # fmt: skip
NOUNS = (*metering.JOBS, "Endpoint")
BY_WORDS = {
    "owner": "owner", "noun": "kind", "day": "day", "instance": "instance type", "name": "name", "what": "what it was",
    "tag": "tag",
}  # fmt: skip
WHAT_WORDS = {Charge.JOB: "job", Charge.POOL: "warm pool", Charge.HOSTING: "hosting"}


@allowed("view", "Cost")
@require_safe
def show(request):
    """Charges of the asked-for days, added up by ``by`` (owner, noun, day, instance, name, what, tag), a page of groups."""
    context = {"prices": prices, "by_words": BY_WORDS, "nouns": [(noun, resources()[noun].singular) for noun in NOUNS]}
    status = 200
    try:
        question = sums.Question.of(request.GET)
        rows = sums.charges(request.connection.id, access(request), question)
        page = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() else 1
        groups, more = sums.groups(rows, question, max(1, min(page, 10_000)))
        context |= {
            "question": question,
            "groups": [one | {"group": _in_words(question, one["group"])} for one in groups],
            "total": sums.total(rows), "page": page,
            "next": page + 1 if more else None, "previous": page - 1 if page > 1 else None,
            "most": max((one["cost"] or 0 for one in groups), default=0),
            "by_word": BY_WORDS.get(question.by, ""),
            "untagged": sums.untagged(rows, question.tag) if question.tag else None,
        }  # fmt: skip
    except sums.BadQuestion as error:
        context |= {"error": str(error), "question": sums.Question.of({})}
        status = 400
    return render(request, "areas/costs/show.html", context, status=status)


def _in_words(question: sums.Question, group):
    if question.by == "noun":
        return resources()[group].singular.capitalize() if group in resources() else group
    return WHAT_WORDS.get(group, group).capitalize() if question.by == "what" else group


@allowed("view", "Cost")
@require_safe
def table(request):
    """Every charge that is asked for, as CSV, streamed."""
    try:
        question = sums.Question.of(request.GET)
    except sums.BadQuestion:
        return show(request)
    rows = sums.charges(request.connection.id, access(request), question).order_by("day", "id")
    headers = {"Content-Disposition": f'attachment; filename="costs-{question.since}-{question.until}.csv"'}
    return StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8", headers=headers)


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _lines(rows):
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows.prefetch_related("tags").iterator(500):
        tags = ";".join(f"{tag.key}={tag.value}" for tag in row.tags.all())
        cells = [getattr(row, column) for column in COLUMNS[:-1]] + [tags]
        yield writer.writerow("" if cell is None else _cell(cell) for cell in cells)


def _cell(value):
    """Text that no spreadsheet runs as a formula."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value


@allowed("view", "Cost")
@require_GET
def estimated(request, noun):
    """What a form's job or endpoint would cost: a piece of a page (``templates/areas/costs/estimate.html`` asks for it)."""
    prefix = request.GET.get("prefix", "")
    given = {name.removeprefix(prefix): value for name, value in request.GET.items()}
    found = estimate(request.connection.id, access(request), noun, given)
    return render(request, "areas/costs/estimated.html", {"estimate": found, "noun": noun})


@allowed("view", "Cost")
@require_GET
def of_thing(request, noun, name):
    """What one job or endpoint has cost so far: a piece of its page."""
    records = Record.objects.filter(connection=request.connection, kind=noun, name=name)
    record = visible(request, records, noun).first()
    if record is None:
        raise Http404(f"There is no {noun} {name} on {request.connection}.")
    now = datetime.now(UTC).timestamp()
    metering.roll(request.connection.id, now)
    rows = sums.priced(Charge.objects.filter(record__in=_charged(request, record)), now)
    return render(request, "areas/costs/of_thing.html", {"total": sums.total(rows), "record": record})


def _charged(request, record: Record) -> list[int]:
    """The records whose charges are what a thing has cost: itself, or a tuning job's training jobs that may be seen."""
    if record.kind != TUNING:
        return [record.id]
    trials = Record.objects.filter(
        connection=request.connection, kind="TrainingJob", name__startswith=f"{record.name}-",
        document__TuningJobArn=record.arn,
    )  # fmt: skip
    return list(visible(request, trials, "TrainingJob").values_list("id", flat=True))


@allowed("view", "Cost")
@require_safe
def price_list(request):
    """The price table; who manages prices may change it."""
    return _price_list(request)


@allowed("manage", "Price")
@require_POST
def set_price(request):
    """Set the connection's own price of ``instance_type``: ``hourly`` dollars."""
    kind, dollars = request.POST.get("instance_type", ""), request.POST.get("hourly", "")
    try:
        price = prices.set_price(request.connection, kind, dollars, user=request.user)
    except prices.BadPrice as error:
        return _price_list(request, error=str(error), typed={"instance_type": kind, "hourly": dollars}, status=422)
    messages.success(request, f"An hour of {price.instance_type} is ${price.hourly:g} on {request.connection} now.")
    return redirect("costs-prices")


@allowed("manage", "Price")
@require_POST
def reset_price(request):
    """Go back to the published price of ``instance_type``."""
    kind = request.POST.get("instance_type", "")
    if prices.reset_price(request.connection, kind):
        messages.success(request, f"{kind} has its published price again.")
    else:
        messages.error(request, f"{kind} has no price of its own on {request.connection}.")
    return redirect("costs-prices")


def _price_list(request, *, error: str = "", typed: dict | None = None, status: int = 200):
    context = {"rows": prices.table(request.connection.id), "prices": prices, "error": error, "typed": typed or {}}
    return render(request, "areas/costs/prices.html", context, status=status)
