"""What a person could write next in a query box: fields, keys, operators and values of what they may see. Answers in milliseconds
with 50,000 runs: keys come by skipping through indexes, values from the newest records."""

from dataclasses import asdict, dataclass

from django.db.models import Count, Max, Min, QuerySet

from catalog.access import Access
from catalog.completion_keys import metric_names, parameter_keys, parameter_values, tag_keys
from catalog.models import Connection, MetricSeries, Record, RunRow, Tag
from catalog.query_cursor import FIELD, JOIN, OPERATOR, VALUE, Place, place_at
from catalog.query_fields import RUN_TEXTS, STATS, Field, read_field
from catalog.query_language import UNREADABLE, QueryError, join_field, quote

MOST = 20  # options
NEWEST, COUNTED = 500, 1000  # records that keys, and values, are taken from
RUNS = "TrialComponent"
FIELDS = {
    "name": "part of its name", "status": "where it is", "owner": "who made it", "created": "when it was made",
    "modified": "when it last changed", "tag": "any tag",
}  # fmt: skip
OF_RUNS = {
    "started": "when it began", "ended": "when it was over", "duration": "from start to end: 90, 15m, 1h30m",
    "experiment": "any that it is in", "trial": "any that it is in", "dataset": "what it was trained on",
    "note": "what people wrote about it", "source": "the job that it stands for", "archived": "true or false",
}  # fmt: skip
GROUPS = {"metrics": "what was measured", "params": "what it was given", "tags": "by key"}
OPERATORS = {
    "=": "is", "!=": "is not", ">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "~": "contains",
    "!~": "does not contain", "IN (": "is one of", "NOT IN (": "is none of", "LIKE": "% stands for any text",
    "EXISTS": "has a value", "IS NULL": "has none", "==": "is, letters' case too",
}  # fmt: skip
STAT_HINTS = {
    "last": "last value", "min": "lowest value", "max": "highest value", "best": "lowest or highest, by its name",
    "mean": "mean of its values", "count": "number of points",
}  # fmt: skip
TIMES = {
    "-1h": "an hour ago", "-24h": "a day ago", "-7d": "a week ago", "-30d": "30 days ago", "today": "", "yesterday": "",
}  # fmt: skip
SPANS = {"60": "a minute", "15m": "15 minutes", "1h": "an hour", "1h30m": "", "1d": "a day"}


@dataclass(frozen=True)
class Option:
    """What may be written: ``text`` instead of what stands there; ``count`` records have it, where that is known."""

    text: str
    kind: str  # field, metric, parameter, tag, operator, value, join
    hint: str = ""
    count: int | None = None


@dataclass(frozen=True)
class About:
    """Whose list it is: the ``noun``, where, of which experiment, seen by whom."""

    noun: str
    connection: Connection
    access: Access
    experiment: int | None = None  # id of its Record
    aliases: dict[str, str] | None = None
    metrics: bool = True

    @property
    def runs(self) -> bool:
        return self.noun == RUNS

    @property
    def records(self) -> QuerySet[Record]:
        """What may be viewed."""
        found = Record.objects.filter(connection=self.connection, kind=self.noun)
        return self.access.visible(found, self.noun)

    def newest(self, most: int = NEWEST) -> list[int]:
        """Ids of the newest ones that may be viewed."""
        if self.experiment is None:
            return list(self.records.order_by("-created", "-id").values_list("id", flat=True)[:most])
        rows = RunRow.objects.filter(experiment=self.experiment).order_by("-created", "-record_id")
        if self.sees_all:
            return list(rows.values_list("record_id", flat=True)[:most])
        return list(rows.filter(record__in=self.records).values_list("record_id", flat=True)[:most])

    @property
    def sees_all(self) -> bool:
        """Whether there is nothing of this noun that is hidden from them: then indexes may be asked without looking at rows."""
        everything = Record.objects.all()
        return self.access.visible(everything, self.noun) is everything


def complete(text: str, at: int, about: About) -> dict:
    """``{"from", "to", "options": [{"text", "kind", "hint", "count"}]}`` for the place before character ``at``."""
    place = place_at(text, at)
    if UNREADABLE.search(text):
        return {"from": place.begin, "to": place.end, "options": []}
    find = {FIELD: _fields, OPERATOR: _operators, VALUE: _values, JOIN: _joins}[place.expects]
    options = list(dict.fromkeys(find(place, about)))[:MOST]
    return {"from": place.begin, "to": place.end, "options": [asdict(option) for option in options]}


def _fields(place: Place, about: About) -> list[Option]:
    head, dot, rest = place.part.partition(".")
    kind = head.lower()
    if dot and kind in ("metrics", "metric", "params", "param", "tags", "tag"):
        return _keys(kind.rstrip("s") + "s", rest, about)
    aliases = {name: path for name, path in (about.aliases or {}).items() if " " not in name}
    own = FIELDS | (OF_RUNS if about.runs else aliases)
    found = [Option(name, "field", hint) for name, hint in own.items()]
    found += [Option(f"{name}.", "field", hint) for name, hint in GROUPS.items() if name != "metrics" or about.metrics]
    if not place.part:
        return found
    found = [option for option in found if option.text.startswith(place.part.lower())]
    if len(place.part) > 1:
        for group in ("metrics", "params", "tags"):
            found += _keys(group, place.part, about)[:6]
    return found


def _keys(group: str, part: str, about: About) -> list[Option]:
    """Keys of a group that ``part`` stands in, those that begin with it first; statistics after a metric and a dot."""
    looked = part[1:] if part[:1] in ('"', "`") else part
    if group == "metrics":
        if not about.metrics:
            return []
        known = metric_names(about)
        options = [Option(join_field(group, key), "metric") for key in _matching(known, looked)]
        key, dot, stat = looked.rpartition(".")
        if dot and key.strip('"`') in known:
            key = key.strip('"`')
            options += [
                Option(join_field(group, key, name), "metric", STAT_HINTS[name])
                for name in STATS
                if name.startswith(stat.lower())
            ]
        return options
    if group == "params":
        return [Option(join_field(group, key), "parameter") for key in _matching(parameter_keys(about), looked)]
    return [
        Option(join_field(group, key), "tag", count=count) for key, count in _matching_pairs(tag_keys(about), looked)
    ]


def _matching(known: list[str], part: str) -> list[str]:
    part = part.lower()
    found = [key for key in known if part in key.lower()]
    return sorted(found, key=lambda key: (not key.lower().startswith(part), key))[:MOST]


def _matching_pairs(known: dict[str, int], part: str) -> list[tuple[str, int]]:
    return [(key, known[key]) for key in _matching(list(known), part)]


def _operators(place: Place, about: About) -> list[Option]:
    field = _field(place.field, about)
    names = list(OPERATORS)
    if field is None:
        return _joins(place, about)
    if field.kind in ("metric", "duration", "time", "moment"):
        names = [name for name in names if name not in ("~", "!~", "LIKE", "==")]
    elif field.kind == "archived":
        names = ["=", "!="]
    elif field.kind == "text" or field.key in RUN_TEXTS:
        names = [name for name in names if name not in (">", ">=", "<", "<=")]
    found = [Option(name, "operator", OPERATORS[name]) for name in names]
    return [option for option in found if option.text.startswith(place.part.upper())] + (
        _joins(place, about) if place.part else []
    )


def _joins(place: Place, about: About) -> list[Option]:
    if place.in_list:
        return [Option(")", "operator", "end of the list")]
    hints = {"AND": "both", "OR": "one of them", "NOT": "what follows is not so"}
    found = [Option(word, "join", hint) for word, hint in hints.items() if word.startswith(place.part.upper())]
    return found + (_fields(place, about) if place.part else [])


def _field(text: str, about: About) -> Field | None:
    try:
        return read_field(text, about.aliases, runs=about.runs)
    except QueryError:
        return None


def _values(place: Place, about: About) -> list[Option]:
    field = _field(place.field, about)
    if field is None:
        return []
    options = [Option(_written(text), "value", hint, count) for text, hint, count in _known(field, place.part, about)]
    part = place.part.lower()
    found = [option for option in options if part in option.text.lower()]
    return sorted(found, key=lambda option: not option.text.strip('"').lower().startswith(part))


def _written(text: str) -> str:
    plain = join_field("", text).lstrip(".") == text and text.upper() not in ("AND", "OR", "NOT")
    return text if plain or _is_plain_number(text) else quote(text)


def _is_plain_number(text: str) -> bool:
    return bool(text) and set(text) <= set("0123456789.-+e")


def _known(field: Field, part: str, about: About) -> list[tuple[str, str, int | None]]:
    """(value, hint, count) that a field has."""
    match field.kind:
        case "text" if field.key in ("status", "owner"):
            newest = Record.objects.filter(id__in=about.newest(COUNTED))
            return _counted(newest, field.key)
        case "time" | "moment":
            return [(text, hint, None) for text, hint in TIMES.items()]
        case "duration":
            return [(text, hint, None) for text, hint in SPANS.items()]
        case "archived":
            return [("true", "", None), ("false", "", None)]
        case "tag":
            return _counted(Tag.objects.filter(record__in=about.newest(COUNTED), key=field.key), "value")
        case "any tag":
            return _counted(Tag.objects.filter(record__in=about.newest()), "key")
        case "parameter":
            values = parameter_values(about, field.key, part)
            is_frequent = len(values) < MOST or values[0][1] > 1  # every run has its own: none is worth offering
            return [(text, "", count) for text, count in values if is_frequent]
        case "metric":
            return _ends(field, about)
        case "experiment" | "trial":
            noun = field.kind.capitalize()
            rows = Record.objects.filter(connection=about.connection, kind=noun, name__icontains=part)
            names = about.access.visible(rows, noun).order_by("-modified", "-id").values_list("name", flat=True)
            return [(name, "", None) for name in names[:MOST]]
    return []


def _counted(rows: QuerySet, column: str) -> list[tuple[str, str, int]]:
    """The most frequent values of a column."""
    found = rows.order_by().values(column).annotate(rows=Count("pk")).order_by("-rows", column)
    return [(row[column], "", row["rows"]) for row in found[:MOST] if row[column]]


def _ends(field: Field, about: About) -> list[tuple[str, str, None]]:
    """Between what the last values of a metric lie."""
    owner = "run" if about.runs else "record"
    if about.experiment is not None and about.sees_all:
        rows = MetricSeries.objects.filter(experiment=about.experiment, name=field.key)
    else:
        rows = MetricSeries.objects.filter(**{f"{owner}__in": about.newest()}, name=field.key)
    ends = {"lowest": rows.aggregate(end=Min("last"))["end"], "highest": rows.aggregate(end=Max("last"))["end"]}
    return [(f"{value:.6g}", f"{word} last value", None) for word, value in ends.items() if value is not None]
