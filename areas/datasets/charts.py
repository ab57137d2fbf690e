"""Small pictures as numbers: the templates draw them as SVG, so that text never scales and nothing is inline style."""

from areas.datasets import guess

TICKS = (0, 5, 10)


def bars(counts: list[int], height: int = 100, gap: float = 0.12) -> list[dict]:
    """Bars of a histogram in a box 10 per bar wide: ``{"x", "y", "width", "height", "count"}``; 1 high where few are."""
    most = max(counts or [0]) or 1
    return [
        {"x": round(i * 10 + gap * 5, 2), "width": round(10 - gap * 10, 2), "count": count,
         "height": (tall := max(round(height * count / most, 2), 1.5 if count else 0)), "y": round(height - tall, 2)}
        for i, count in enumerate(counts)
    ]  # fmt: skip


def shares(classes: list[dict], limit: int = 7) -> list[dict]:
    """The label's classes as parts of one bar, in percent: ``{"value", "count", "x", "width", "series"}``."""
    parts, at = [], 0.0
    for i, one in enumerate(classes[:limit]):
        width = one["share"] * 100
        parts.append({"value": one["value"], "count": one["count"], "x": round(at, 3), "width": round(width, 3),
                      "percent": width, "series": i % 7 + 1})  # fmt: skip
        at += width
    if len(classes) > limit and at < 99.9:
        rest = sum(one["count"] for one in classes[limit:])
        parts.append({"value": "others", "count": rest, "x": round(at, 3), "width": round(100 - at, 3),
                      "percent": 100 - at, "series": 0})  # fmt: skip
    return parts


def heatmap(correlation: dict, most: int = 16) -> dict | None:
    """Pearson's r of the first columns as cells: ``{"names", "rows": [{"name", "cells": [{"r", "strength", "sign"}]}]}``."""
    names = correlation.get("columns", [])[:most]
    if len(names) < 2:
        return None
    rows = []
    for i, name in enumerate(names):
        values = correlation["values"][i][: len(names)]
        cells = [
            {"r": r, "other": names[j], "strength": round(abs(r or 0) * 0.5, 3), "sign": "c6" if (r or 0) < 0 else "c5"}
            for j, r in enumerate(values)
        ]
        rows.append({"name": name, "cells": cells})
    return {"names": names, "rows": rows, "left_out": len(correlation["columns"]) - len(names)}


def neighbours(correlation: dict, name: str, most: int = 4) -> list[dict]:
    """The columns that move most with one: ``{"name", "r"}``, strongest first."""
    names = correlation.get("columns", [])
    if name not in names:
        return []
    row = correlation["values"][names.index(name)]
    found = [{"name": other, "r": r} for other, r in zip(names, row, strict=True) if other != name and r is not None]
    return sorted(found, key=lambda one: abs(one["r"]), reverse=True)[:most]


def figure(value) -> str:
    """A number in at most six digits, thousands apart."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))  # a year needs no comma
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-4:
        return f"{value:.3e}"
    return f"{value:,.{max(0, 5 - len(str(int(abs(value)))))}f}".rstrip("0").rstrip(".")


def moment(seconds) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError, TypeError):
        return "–"


def describe(column: dict, stats: dict, rows: int) -> dict:
    """One column as the schema table and its card show it."""
    histogram = stats.get("histogram")
    is_time = column["logical"] == guess.DATETIME
    top = stats.get("top", [])
    edges = (histogram or {}).get("edges", [])
    shown = {
        **column, **stats, "missing_percent": 100 * stats["missing"] / rows if rows else 0,
        "ticks": [{"x": 10 * i, "text": (moment if is_time else figure)(edges[i])} for i in TICKS] if edges else [],
        "bars": bars(histogram["counts"]) if histogram and column["logical"] != guess.BINARY else [],
    }  # fmt: skip
    if not shown["bars"]:
        shown["ticks"] = []
        if top and column["logical"] in (guess.CATEGORICAL, guess.BINARY):
            shown["bars"] = bars([one["count"] for one in top[:10]], gap=0.24)
    present = stats["count"] or 1
    shown["top"] = [{**one, "percent": 100 * one["count"] / present} for one in top]
    # Of a measurement, hardly any value stands twice: its commonest ones say nothing.
    shown["has_common"] = bool(top) and (stats["distinct"] <= 2 * len(top) or shown["top"][0]["percent"] >= 5)
    shown["facts"] = _facts(stats, is_time)
    return shown


def _facts(stats: dict, is_time: bool) -> list[tuple[str, str]]:
    facts = []
    if is_time:
        first, last = (str(stats.get(key) or "–") for key in ("min", "max"))
        facts = [("First", first), ("Median", moment(stats.get("p50"))), ("Last", last)]
    elif "mean" in stats:
        facts = [
            ("Mean", figure(stats["mean"])), ("Standard deviation", figure(stats["std"])), ("Minimum", figure(stats["min"])),
            ("5 %", figure(stats["p5"])), ("25 %", figure(stats["p25"])), ("Median", figure(stats["p50"])),
            ("75 %", figure(stats["p75"])), ("95 %", figure(stats["p95"])), ("Maximum", figure(stats["max"])),
        ]  # fmt: skip
        if stats.get("infinite"):
            facts.append(("Infinite", figure(stats["infinite"])))
    elif stats.get("length") and stats["length"]["mean"] is not None:
        length = stats["length"]
        facts = [("Length", f"{length['min']} to {length['max']} characters, {length['mean']:.1f} on average")]
    return facts
