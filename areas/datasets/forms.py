"""What pages send, turned into arguments."""

from areas.datasets import preview, splits
from areas.datasets.errors import DatasetError


def preview_query(parameters) -> preview.Query:
    """A preview.Query from an address: mode, sort (with a minus for descending), page, seed, and ``where``, ``op``,
    ``value`` repeated once per filter. What can't be read takes its default."""
    names, operators, values = (parameters.getlist(key) for key in ("where", "op", "value"))
    values += [""] * (len(names) - len(values))
    where = [
        one for one in zip(names, operators, values, strict=False) if one[0] and (one[2] or one[1] in ("none", "some"))
    ]
    sort = parameters.get("sort", "")
    return preview.Query(
        mode=parameters.get("mode") if parameters.get("mode") in preview.MODES else "first",
        where=where, sort=sort.removeprefix("-"), descending=sort.startswith("-"),
        page=_whole(parameters.get("page"), 1), seed=_whole(parameters.get("seed"), 0),
    )  # fmt: skip


def _whole(value, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def split_options(data) -> dict:
    """``split_version``'s options from a form: percentages train, validation and test (empty or 0: no such part)."""
    try:
        percents = [float(data.get(name) or 0) for name in splits.PARTS[3]]
    except ValueError:
        raise DatasetError("The parts' shares must be numbers.", field="fractions") from None
    fractions = [one / 100 for one in (percents if percents[2] else percents[:2])]
    method = data.get("method", "random")
    by = data.get("by", "") if method != "random" else ""
    return {
        "fractions": fractions,
        "method": method,
        "seed": data.get("seed") or 0,
        "by": by,
        "key": data.get("key", ""),
    }
