"""The parts that reports are made of. Everything that is put in is escaped; standard library only."""

import json
import math
from html import escape
from pathlib import Path

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2430;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #d8dbe2}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%}h2{margin-top:2rem}.m{color:#5b6272}
@media(prefers-color-scheme:dark){body{color:#e6e8ee;background:#15171c}th,td{border-color:#333843}.m{color:#9aa1b1}}
"""
_COLOURS = ("#3b6fd4", "#c2571a", "#2a8a57", "#8a4bb0", "#b0304a")


def page(title: str, sections: list[tuple[str, str]]) -> str:
    """A whole page of (heading, HTML) sections."""
    body = "".join(f"<section><h2>{escape(heading)}</h2>{html}</section>" for heading, html in sections)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def words(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def table(heads: list[str], rows: list[list]) -> str:
    """Numbers stand right, with four digits that count."""

    def cell(value, tag: str) -> str:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return f"<{tag}{' class=n' if number else ''}>{escape(shown(value))}</{tag}>"

    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return (
        f"<table><tr>{head}</tr>"
        + "".join(f"<tr>{''.join(cell(v, 'td') for v in row)}</tr>" for row in rows)
        + "</table>"
    )


def shown(value) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "–"
    return "–" if value is None else str(value)


def lines(series: dict[str, tuple[list, list]], across: str) -> str:
    """Curves {name: (x, y)} as SVG, with the ends of both axes written down."""
    points = [(x, y) for xs, ys in series.values() for x, y in zip(xs, ys, strict=True) if math.isfinite(y)]
    if not points:
        return words("Nothing to draw.")
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    width, height = (right - left) or 1, (high - low) or 1
    drawn, legend = [], []
    for number, (name, (xs, ys)) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        way = " ".join(
            f"{60 + 520 * (x - left) / width:.1f},{220 - 200 * (y - low) / height:.1f}"
            for x, y in zip(xs, ys, strict=True) if math.isfinite(y)
        )  # fmt: skip
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{way}"/>')
        legend.append(f'<text x="{60 + 170 * number}" y="262" fill="{colour}">{escape(name)}</text>')
    ends = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'
        for x, y, anchor, text in (
            (54, 26, "end", shown(float(high))), (54, 222, "end", shown(float(low))), (60, 240, "start", shown(float(left))),
            (580, 240, "end", f"{across} {shown(float(right))}"),
        )
    )  # fmt: skip
    return f'<svg viewBox="0 0 600 275" width="600" role="img" font-size="12">{"".join(drawn)}{ends}{"".join(legend)}</svg>'


def bars(values: dict[str, float]) -> str:
    """A bar for each name, the longest as long as the drawing."""
    longest = max((abs(value) for value in values.values()), default=0) or 1
    rows = "".join(
        f'<text x="150" y="{18 + 20 * at}" text-anchor="end" fill="currentColor">{escape(name[:24])}</text>'
        f'<rect x="158" y="{8 + 20 * at}" width="{320 * abs(value) / longest:.1f}" height="13" fill="{_COLOURS[0]}"/>'
        f'<text x="{164 + 320 * abs(value) / longest:.1f}" y="{18 + 20 * at}" fill="currentColor">{shown(float(value))}</text>'
        for at, (name, value) in enumerate(values.items())
    )
    return f'<svg viewBox="0 0 600 {20 * len(values) + 12}" width="600" role="img" font-size="12">{rows}</svg>'


def notebook(title: str, folder: str) -> str:
    """A notebook that shows the report's JSON files, which lie in ``folder`` beside it."""
    code = (
        "import json, pathlib\n"
        f"for path in sorted(pathlib.Path({folder!r}).glob('*.json')):\n"
        "    print(path.stem)\n    print(json.dumps(json.loads(path.read_text()), indent=2))"
    )
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {title}"},
        {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def write_json(folder: Path, name: str, value) -> None:
    """Numbers that JSON has no word for become null."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(_plain(value), indent=1))


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
