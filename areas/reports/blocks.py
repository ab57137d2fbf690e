"""What a report is made of: a list of blocks, each a JSON object with ``id``, ``kind``, ``by`` and what its kind asks for.

``by`` is who last changed the block. What a block shows to strangers is what both its ``by`` and the report's owner may see,
so nobody makes somebody else's report show what only that other person sees.

====== =================================================================================================================
kind   members
====== =================================================================================================================
text   ``text``: Markdown; images are ``![words](s3://bucket/key)``
code   ``language``, ``text``
chart  ``title``, ``figure`` (FIGURES), runs, ``metrics``, ``parameters``, ``x`` (AXES), ``y`` (linear, log), ``smoothing`` (0
       … 0.99), ``group`` ("params.seed": mean and band over runs that are equal but for it)
table  ``title``, runs, ``columns`` (``catalog.run_values``), ``sort``, ``rows``
number ``title``, runs, ``metric``, ``best`` (last, min, max, best), ``digits``
file   ``title``, ``uri`` (``s3://bucket/key``), ``alt``
====== =================================================================================================================

runs: ``runs`` (names), or ``experiment`` and ``query`` (asked anew whenever it is looked at), and ``most``.
"""

import re
import secrets

from areas.reports.errors import ReportError
from areas.reports.written import addresses

KINDS = {
    "text": "Text", "chart": "Chart", "table": "Table of runs", "number": "Number", "file": "Image or file", "code": "Code",
}  # fmt: skip
FIGURES = {
    "curve": "Curves", "bar": "Bars of last values", "scatter": "Scatter", "parallel": "Parallel coordinates",
    "importance": "Importance of parameters",
}  # fmt: skip
AXES = {"step": "Step", "relative": "Time since the start", "wall": "Time of day"}
BEST = {"best": "Best", "max": "Greatest", "min": "Least", "last": "Last"}
MOST_BLOCKS, MOST_TEXT, MOST_RUNS, MOST_ROWS, MOST_NAMES = 200, 100_000, 100, 200, 50
MOST_CHARACTERS = 1_000_000  # of a report's blocks together

_ID = re.compile(r"[0-9a-f]{8}")
_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,62}/[^\x00-\x1f]{1,1024}")

_SOURCE = {"runs": [], "experiment": "", "query": "", "most": 20}
DEFAULTS = {
    "text": {"text": ""},
    "code": {"language": "", "text": ""},
    "chart": {"title": "", "figure": "curve", **_SOURCE, "metrics": [], "parameters": [], "x": "step", "y": "linear",
              "smoothing": 0.0, "group": ""},
    "table": {"title": "", **_SOURCE, "columns": [], "sort": "-created", "rows": 20},
    "number": {"title": "", **_SOURCE, "metric": "", "best": "best", "digits": 4},
    "file": {"title": "", "uri": "", "alt": ""},
}  # fmt: skip
_CHOICES = {"figure": FIGURES, "x": AXES, "y": {"linear": "", "log": ""}, "best": BEST}
_NUMBERS = {"most": (1, MOST_RUNS), "rows": (1, MOST_ROWS), "smoothing": (0, 0.99), "digits": (1, 12)}
_LENGTHS = {"text": MOST_TEXT, "title": 200, "query": 2000, "uri": 1100, "alt": 500, "language": 32}


def new_id() -> str:
    return secrets.token_hex(4)


def check_title(title: str) -> str:
    title = " ".join(_clean(title).split()) if isinstance(title, str) else ""
    if not title:
        raise ReportError("A report has a title.", "title")
    if len(title) > 200:
        raise ReportError(f"The title has {len(title)} characters; 200 is the most.", "title")
    return title


def check_blocks(given, *, by: str, before: list[dict] = (), is_draft: bool = False) -> list[dict]:
    """The blocks as they are kept: every member there, each with its id, ``by`` kept where the block is as it was in ``before``.
    A draft may have addresses that are half written.

    Raises ReportError with the place.
    """
    if not isinstance(given, list):
        raise ReportError("blocks is a list.", "blocks")
    if len(given) > MOST_BLOCKS:
        raise ReportError(f"There are {len(given)} blocks; {MOST_BLOCKS} is the most.", "blocks")
    known = {one["id"]: one for one in before}
    taken, kept = set(), []
    for place, one in enumerate(given):
        block = _check_block(one, f"blocks.{place}", is_draft)
        if block["id"] in taken:
            block["id"] = new_id()
        taken.add(block["id"])
        was = known.get(block["id"])
        is_same = was is not None and {**was, "by": ""} == {**block, "by": ""}
        block["by"] = was["by"] if is_same else by
        kept.append(block)
    size = sum(len(str(block)) for block in kept)
    if size > MOST_CHARACTERS:
        raise ReportError(f"The blocks have {size:,} characters together; {MOST_CHARACTERS:,} is the most.", "blocks")
    return kept


def uris_of(block: dict) -> list[str]:
    """The objects in S3 that a block shows."""
    if block["kind"] == "file":
        return [block["uri"]] if block["uri"] else []
    return addresses(block["text"]) if block["kind"] == "text" else []


def is_uri(text: str) -> bool:
    return bool(_URI.fullmatch(text))


def shows_runs(block: dict) -> bool:
    return block["kind"] in ("chart", "table", "number")


def _check_block(given, place: str, is_draft: bool) -> dict:
    if not isinstance(given, dict) or given.get("kind") not in KINDS:
        raise ReportError(f"A block has a kind: {', '.join(KINDS)}.", f"{place}.kind")
    kind = given["kind"]
    number = given.get("id")
    block = {"id": number if isinstance(number, str) and _ID.fullmatch(number) else new_id(), "kind": kind, "by": ""}
    if unknown := sorted(map(str, given.keys() - DEFAULTS[kind].keys() - {"id", "kind", "by"})):
        words = f"A {kind} block has no member {unknown[0][:64]}; it has {', '.join(DEFAULTS[kind])}."
        raise ReportError(words, f"{place}.{unknown[0][:64]}")
    for name, default in DEFAULTS[kind].items():
        block[name] = _check_member(name, given.get(name, default), default, f"{place}.{name}")
    if block.get("uri") and not is_draft and not is_uri(block["uri"]):
        raise ReportError("The address of a file is s3://bucket/key.", f"{place}.uri")
    return block


def _check_member(name: str, value, default, place: str):
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ReportError(f"{name} is a number from {low} to {high}.", place)
        return float(value) if isinstance(default, float) else int(value)
    if isinstance(default, list):
        return _check_names(name, value, place)
    if not isinstance(value, str):
        raise ReportError(f"{name} is a text.", place)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ReportError(f"{name} is one of {', '.join(_CHOICES[name])}.", place)
    value, longest = _clean(value), _LENGTHS.get(name, 512)
    if len(value) > longest:
        raise ReportError(f"{name} has {len(value):,} characters; {longest:,} is the most.", place)
    return value if name == "text" else value.strip()


def _check_names(name: str, value, place: str) -> list[str]:
    most = MOST_RUNS if name == "runs" else MOST_NAMES
    if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= 512 for one in value):
        raise ReportError(f"{name} is a list of names.", place)
    found = list(dict.fromkeys(filter(None, (_clean(one).strip() for one in value))))
    if len(found) > most:
        raise ReportError(f"{name} has {len(found)} names; {most} is the most.", place)
    return found


def _clean(text: str) -> str:
    """Without NUL and half characters, which databases refuse."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "ignore").decode()
