"""Charts of a report as SVG, drawn here: they need no script, print well, and stand in a file of their own.

Colours are classes (``rp-s1`` … ``rp-s7``: a run's own colour, the same as everywhere); sizes are in the units of the view box.
Every function answers "" where there is nothing to draw.
"""

import math
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 44
SHOWN = 28  # characters of a label
LEGEND = 12  # runs that a legend names


def number(value) -> str:
    """A number as charts and tiles show it, five digits; words of JSON (``Infinity``) as they are."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    size = abs(value)
    return f"{value:.3e}" if size and (size < 1e-4 or size >= 1e7) else f"{value:.5g}"


def scatter(rows: Sequence[dict], fields: Sequence[str]) -> SafeString | str:
    """The first field along x, the last along y, with the straight line of least squares and its r."""
    points = [
        (row, float(row["values"][0]), float(row["values"][-1])) for row in rows
        if _is_number(row["values"][0]) and _is_number(row["values"][-1])
    ]  # fmt: skip
    if not points:
        return ""
    x, y = Scale([p[1] for p in points], LEFT, WIDTH - RIGHT), Scale([p[2] for p in points], HEIGHT - BOTTOM, TOP)
    dots = format_html_join(
        "", '<circle class="rp-s{}" cx="{}" cy="{}" r="5"><title>{}: {} {}, {} {}</title></circle>',
        ((row["colour"], x.at(a), y.at(b), row["label"], fields[0], number(a), fields[-1], number(b))
         for row, a, b in points),
    )  # fmt: skip
    trend, words = _trend([p[1] for p in points], [p[2] for p in points], x, y)
    label = f"{fields[-1]} against {fields[0]} of {len(points)} runs{words}"
    return _frame(label, format_html("{}{}{}", _axes(x, y, fields[0], fields[-1]), trend, dots))


def parallel(rows: Sequence[dict], fields: Sequence[str]) -> SafeString | str:
    """An axis for each field, a line for each run that has all of them; words stand on their axis in alphabetical order."""
    rows = [row for row in rows if all(value is not None for value in row["values"])]
    if not rows or len(fields) < 2:
        return ""
    step = (WIDTH - 2 * LEFT) / (len(fields) - 1)
    axes, scales = [], []
    for place, field in enumerate(fields):
        values, x = [row["values"][place] for row in rows], LEFT + step * place
        scale = (
            Scale(values, HEIGHT - BOTTOM, TOP) if all(map(_is_number, values)) else Words(values, HEIGHT - BOTTOM, TOP)
        )
        scales.append(scale)
        ticks = format_html_join(
            "", '<text x="{}" y="{}" class="rp-tick">{}</text>',
            ((f"{x + 5:.1f}", f"{at:.1f}", _short(words)) for at, words in scale.ticks(3)),
        )  # fmt: skip
        axes.append(format_html(
            '<line class="rp-axis" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>{3}'
            '<text class="rp-name" x="{0}" y="{4}" text-anchor="middle">{5}</text>',
            f"{x:.1f}", TOP, HEIGHT - BOTTOM, ticks, HEIGHT - 16, _short(field),
        ))  # fmt: skip
    lines = format_html_join(
        "", '<polyline class="rp-s{}" points="{}"><title>{}: {}</title></polyline>',
        ((row["colour"], " ".join(f"{LEFT + step * i:.1f},{scales[i].at(value)}" for i, value in enumerate(row["values"])),
          row["label"], ", ".join(f"{field} {number(value)}" for field, value in zip(fields, row["values"], strict=True)))
         for row in rows),
    )  # fmt: skip
    label = f"Parallel coordinates of {len(rows)} runs: {', '.join(fields)}"
    return _frame(label, format_html("{}{}", lines, _joined(axes)))


def curves(found: dict, metric: str, x: str = "step", *, is_log: bool = False) -> SafeString | str:
    """The curves of one metric, of an answer of ``/run-series/``; groups as their mean with a band of the standard deviation."""
    lines = _grouped(found, metric) if found.get("groups") else _single(found, metric, x)
    kept = [
        (colour, label, [(a, b) for a, b in points if not is_log or b > 0], band)
        for colour, label, points, band in lines
    ]
    kept = [line for line in kept if line[2]]
    if not kept:
        return ""
    shown = (lambda value: math.log10(value)) if is_log else (lambda value: value)
    edges = [] if is_log else [edge for *_, band in kept for _, low, high in band for edge in (low, high)]
    across = Scale([a for line in kept for a, _ in line[2]], LEFT, WIDTH - RIGHT)
    up = Scale([shown(b) for line in kept for _, b in line[2]] + edges, HEIGHT - BOTTOM, TOP, is_log=is_log)
    drawn = []
    for colour, label, points, band in kept:
        if band and not is_log:
            there = [f"{across.at(a)},{up.at(high)}" for a, _, high in band]
            back = [f"{across.at(a)},{up.at(low)}" for a, low, _ in reversed(band)]
            drawn.append(format_html('<polygon class="rp-band rp-s{}" points="{}"/>', colour, " ".join(there + back)))
        path = " ".join(f"{across.at(a)},{up.at(shown(b))}" for a, b in points)
        shape = (
            '<polyline class="rp-s{}" points="{}"><title>{}: {}</title></polyline>' if len(points) > 1
            else '<circle class="rp-s{}" {} r="4"><title>{}: {}</title></circle>'
        )  # fmt: skip
        if len(points) == 1:
            a, b = path.split(",")
            path = format_html('cx="{}" cy="{}"', a, b)
        drawn.append(format_html(shape, colour, path, label, number(points[-1][1])))
    name = {"step": "step", "relative": "seconds since the start", "wall": "time, epoch seconds"}.get(x, x)
    label = f"{metric}: {', '.join(f'{words} {number(points[-1][1])}' for _, words, points, _ in kept[:LEGEND])}"
    return _frame(label, format_html("{}{}", _axes(across, up, name, metric), _joined(drawn)))


class Scale:
    """Numbers to places between ``low`` and ``high`` (units of the view box)."""

    def __init__(self, values: Sequence[float], low: float, high: float, *, is_log: bool = False):
        finite = [float(value) for value in values if math.isfinite(value)] or [0.0]
        self.first, self.last = min(finite), max(finite)
        margin = (self.last - self.first) * 0.04 or abs(self.last) * 0.1 or 1.0
        self.first, self.last = self.first - margin, self.last + margin
        self.low, self.high, self.is_log = low, high, is_log

    def at(self, value: float) -> str:
        share = (float(value) - self.first) / (self.last - self.first)
        return f"{self.low + share * (self.high - self.low):.1f}"

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """(place, words) of round numbers."""
        rough = (self.last - self.first) / count
        size = 10 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
        first = math.ceil(self.first / step)
        values = [first * step + step * i for i in range(int((self.last - first * step) / step) + 1)]
        words = [number(10**value if self.is_log else round(value, 12)) for value in values]
        return [(float(self.at(value)), text) for value, text in zip(values, words, strict=True)]


class Words:
    """Words to places, one beside the other."""

    def __init__(self, values: Sequence, low: float, high: float):
        self.values = sorted({str(value) for value in values})
        self.low, self.high = low, high

    def at(self, value) -> str:
        share = self.values.index(str(value)) / max(len(self.values) - 1, 1) if len(self.values) > 1 else 0.5
        return f"{self.low + share * (self.high - self.low):.1f}"

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        step = max(1, math.ceil(len(self.values) / 8))
        return [(float(self.at(value)), value) for value in self.values[::step]]


def _single(found: dict, metric: str, x: str):
    for name, series in found.get("series", {}).items():
        if metric not in series:
            continue
        points, run = series[metric], found["runs"][name]
        if x == "wall":
            across = points["time"]
        elif x == "relative":
            across = [one - run.get("start", 0) for one in points["time"]]
        else:
            across = [i if one is None else one for i, one in enumerate(points["step"])]
        pairs = [(a, b) for a, b in zip(across, points["value"], strict=True) if _is_number(a) and _is_number(b)]
        yield run["colour"], run["label"], pairs, []


def _grouped(found: dict, metric: str):
    for group in found["groups"].values():
        if metric in group["series"]:
            one = group["series"][metric]
            band = [(a, m - s, m + s) for a, m, s in zip(one["x"], one["mean"], one["sd"], strict=True)]
            yield group["colour"], group["label"], list(zip(one["x"], one["mean"], strict=True)), band


def _trend(xs: list[float], ys: list[float], x: Scale, y: Scale) -> tuple[SafeString | str, str]:
    count = len(xs)
    if count < 3:
        return "", ""
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    sxx = sum((a - mean_x) ** 2 for a in xs)
    syy = sum((b - mean_y) ** 2 for b in ys)
    if not sxx or not syy:
        return "", ""
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(xs, ys, strict=True)) / sxx
    r = slope * math.sqrt(sxx / syy)
    ends = [(a, mean_y + slope * (a - mean_x)) for a in (min(xs), max(xs))]
    line = format_html(
        '<line class="rp-trend" x1="{}" y1="{}" x2="{}" y2="{}"/><text class="rp-tick" x="{}" y="{}" text-anchor="end">r {}</text>',
        x.at(ends[0][0]), y.at(ends[0][1]), x.at(ends[1][0]), y.at(ends[1][1]), WIDTH - RIGHT, TOP + 10, f"{r:.2f}",
    )  # fmt: skip
    return line, f", r {r:.2f}"


def _axes(x: Scale, y: Scale, x_name: str, y_name: str) -> SafeString:
    across = format_html_join(
        "", '<text class="rp-tick" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((f"{at:.1f}", HEIGHT - BOTTOM + 16, words) for at, words in x.ticks()),
    )  # fmt: skip
    up = format_html_join(
        "", '<line class="rp-grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/><text class="rp-tick" x="{3}" y="{4}" '
        'text-anchor="end">{5}</text>',
        ((LEFT, WIDTH - RIGHT, f"{at:.1f}", LEFT - 6, f"{at + 4:.1f}", words) for at, words in y.ticks(4)),
    )  # fmt: skip
    return format_html(
        '{}<line class="rp-axis" x1="{}" x2="{}" y1="{}" y2="{}"/>{}'
        '<text class="rp-name" x="{}" y="{}" text-anchor="end">{}</text>',
        up, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM, across, WIDTH - RIGHT, HEIGHT - 8, x_name,
    )  # fmt: skip


def _frame(label: str, inside) -> SafeString:
    return format_html(
        '<svg class="rp-svg" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', WIDTH, HEIGHT, label, inside
    )


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _short(text) -> str:
    text = number(text) if isinstance(text, float) else str(text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
