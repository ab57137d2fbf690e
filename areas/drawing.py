"""Measured charts as numbers that templates/areas/chart.html draws as SVG. Lengths are percent of the plot. Knows no Django."""

from dataclasses import dataclass

from areas.axes import share, ticks

MOST_LABELS = 24  # bars with a name each


@dataclass(frozen=True)
class Chart:
    """A metric that is drawn: ``type`` is linear_graph, bar_chart or matrix; axes as the schema of model cards has them."""

    name: str
    type: str
    value: list
    x: str | list[str] = ""
    y: str | list[str] = ""
    notes: str = ""
    kind: str = "chart"


def draw(chart: Chart) -> dict:
    """``{"kind": "chart", "type", "name", "notes", …}``: see the three functions below."""
    how = {"linear_graph": _line, "bar_chart": _bars, "matrix": _matrix}[chart.type]
    return {"kind": "chart", "type": chart.type, "name": chart.name, "notes": chart.notes, **how(chart)}


def _up(values: list[float]) -> tuple[list[dict], float, float]:
    """The marks of the value axis, and its ends."""
    marks = ticks(min(values), max(values))
    low, high = marks[0], marks[-1]
    return [{"y": _percent(1 - share(mark, low, high)), "text": figure(mark)} for mark in marks], low, high


def _line(chart: Chart) -> dict:
    points = sorted([float(x), float(y)] for x, y in chart.value)
    up, low, high = _up([y for _, y in points])
    marks = ticks(points[0][0], points[-1][0])
    left, right = marks[0], marks[-1]
    places = [(share(x, left, right), 1 - share(y, low, high)) for x, y in points]
    return {
        "up": up, "x": chart.x, "y": chart.y,
        "across": [{"x": _percent(share(mark, left, right)), "text": figure(mark)} for mark in marks],
        "path": " ".join(f"{1000 * x:.1f},{1000 * y:.1f}" for x, y in places),
        "dots": [
            {"x": _percent(x), "y": _percent(y), "text": f"{figure(one[0])}: {figure(one[1])}"}
            for (x, y), one in zip(places, points, strict=True)
        ] if len(points) <= 60 else [],
    }  # fmt: skip


def _bars(chart: Chart) -> dict:
    values = [float(value) for value in chart.value]
    names = list(chart.x) + [str(number + 1) for number in range(len(chart.x), len(values))]
    up, low, high = _up([0.0, *values])
    zero, room = 1 - share(0.0, low, high), 1 / len(values)
    bars = []
    for number, value in enumerate(values):
        end = 1 - share(value, low, high)
        bars.append({
            "x": _percent(room * (number + 0.15)), "width": _percent(room * 0.7), "middle": _percent(room * (number + 0.5)),
            "y": _percent(min(zero, end)), "height": _percent(abs(end - zero)), "series": "c6" if value < 0 else "c5",
            "name": names[number], "text": figure(value),
        })  # fmt: skip
    return {"up": up, "y": chart.y, "bars": bars, "zero": _percent(zero), "named": len(values) <= MOST_LABELS}


def _matrix(chart: Chart) -> dict:
    biggest = max((abs(value) for row in chart.value for value in row), default=0) or 1
    columns = max(map(len, chart.value))
    across = list(chart.x)[:columns] + [str(number + 1) for number in range(len(chart.x), columns)]
    down = list(chart.y) + [str(number + 1) for number in range(len(chart.y), len(chart.value))]
    rows = [
        {"name": name, "cells": [
            {"text": figure(value), "series": "c6" if value < 0 else "c5", "strength": round(abs(value) / biggest * 0.5, 3)}
            for value in row
        ]}
        for name, row in zip(down, chart.value, strict=False)
    ]  # fmt: skip
    return {"across": across, "rows": rows}


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"


def figure(value) -> str:
    """A number in at most six significant digits, other values as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return (
            f"{value:,}"
            if 10_000 <= abs(value) < 10**15
            else str(value)
            if abs(value) < 10**15
            else f"{float(value):.5e}"
        )
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return figure(int(value))
        return f"{value:.6g}"
    return str(value)
