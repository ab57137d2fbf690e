"""The metrics that are drawn: lines, bars and matrices, as reportlab Drawings in points."""

import math

from reportlab.graphics.charts.textlabels import Label
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

from areas.axes import share, ticks
from areas.drawing import Chart, figure
from areas.model_cards.document import fonts

INK, MUTED, GRID = HexColor("#1f2430"), HexColor("#5b6170"), HexColor("#e3e5ea")
SERIES, NEGATIVE = HexColor("#0072b2"), HexColor("#d55e00")  # Okabe and Ito
HEIGHT = 170
SIZE = 7.5  # of a chart's text
MOST_BARS = 40


def draw(chart: Chart, width: float) -> Drawing:
    """The chart, ``width`` points wide."""
    fonts.register()
    return {"linear_graph": _line, "bar_chart": _bars, "matrix": _matrix}[chart.type](chart, width)


def _text(x: float, y: float, text: str, anchor: str = "start", colour=MUTED, size: float = SIZE) -> String:
    font, text = fonts.label(text)
    return String(x, y, text, fontName=font, fontSize=size, fillColor=colour, textAnchor=anchor)


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class _Plot:
    """A frame with value axis, drawn into a Drawing: ``at`` turns values into points."""

    def __init__(self, width: float, values: list[float], y_name: str, bottom: float):
        self.drawing = Drawing(width, HEIGHT)
        self.marks = ticks(min(values), max(values))
        self.left, self.right, self.bottom, self.top = 52 + 12 * bool(y_name), width - 10, bottom, HEIGHT - 8
        for mark in self.marks:
            y = self.at(mark)
            self.drawing.add(Line(self.left, y, self.right, y, strokeColor=GRID, strokeWidth=0.5))
            self.drawing.add(_text(self.left - 5, y - 2.5, figure(mark), "end"))
        if y_name:
            label = Label()
            font, text = fonts.label(y_name)
            label.setOrigin(9, (self.bottom + self.top) / 2)
            label.setText(text)
            label.angle, label.fontName, label.fontSize, label.fillColor = 90, font, SIZE, MUTED
            self.drawing.add(label)

    def at(self, value: float) -> float:
        low, high = self.marks[0], self.marks[-1]
        return self.bottom + (self.top - self.bottom) * share(value, low, high)


def _line(chart: Chart, width: float) -> Drawing:
    points = sorted([float(x), float(y)] for x, y in chart.value)
    plot = _Plot(width, [y for _, y in points], str(chart.y), 34 if chart.x else 22)
    marks = ticks(points[0][0], points[-1][0])
    low, high = marks[0], marks[-1]
    across = [plot.left + (plot.right - plot.left) * share(x, low, high) for x, _ in points]
    for mark in marks:
        x = plot.left + (plot.right - plot.left) * share(mark, low, high)
        plot.drawing.add(Line(x, plot.bottom, x, plot.bottom - 3, strokeColor=MUTED, strokeWidth=0.5))
        plot.drawing.add(_text(x, plot.bottom - 12, figure(mark), "middle"))
    plot.drawing.add(Line(plot.left, plot.bottom, plot.right, plot.bottom, strokeColor=MUTED, strokeWidth=0.6))
    if chart.x:
        plot.drawing.add(_text((plot.left + plot.right) / 2, plot.bottom - 26, str(chart.x), "middle"))
    drawn = [part for x, (_, y) in zip(across, points, strict=True) for part in (x, plot.at(y))]
    if len(points) > 1:
        plot.drawing.add(PolyLine(drawn, strokeColor=SERIES, strokeWidth=1.4))
    if len(points) <= MOST_BARS:
        for x, y in zip(drawn[::2], drawn[1::2], strict=True):
            plot.drawing.add(Circle(x, y, 1.6, fillColor=SERIES, strokeColor=None))
    return plot.drawing


def _bars(chart: Chart, width: float) -> Drawing:
    values = [float(value) for value in chart.value]
    names = list(chart.x) + [str(number + 1) for number in range(len(chart.x), len(values))]
    plot = _Plot(width, [0.0, *values], str(chart.y), 24)
    room = (plot.right - plot.left) / len(values)
    for number, value in enumerate(values):
        x, low, high = plot.left + room * number, plot.at(min(0.0, value)), plot.at(max(0.0, value))
        colour = NEGATIVE if value < 0 else SERIES
        plot.drawing.add(Rect(x + room * 0.15, low, room * 0.7, high - low, fillColor=colour, strokeColor=None))
        if room >= 26:
            plot.drawing.add(_text(x + room / 2, high + 2, figure(value), "middle", INK))
        if room >= 16 or number % math.ceil(16 / room) == 0:
            name = _clip(names[number], max(2, int(room / (SIZE * 0.6))))
            plot.drawing.add(_text(x + room / 2, plot.bottom - 12, name, "middle"))
    zero = plot.at(0.0)
    plot.drawing.add(Line(plot.left, zero, plot.right, zero, strokeColor=MUTED, strokeWidth=0.6))
    return plot.drawing


def _matrix(chart: Chart, width: float) -> Drawing:
    rows = [[float(value) for value in row] for row in chart.value]
    columns = max(map(len, rows))
    across = list(chart.x) + [str(number + 1) for number in range(len(chart.x), columns)]
    down = list(chart.y) + [str(number + 1) for number in range(len(chart.y), len(rows))]
    side = min(110.0, 10 + max(len(_clip(name, 18)) for name in down) * SIZE * 0.62)
    cell = min(64.0, (width - side) / columns)
    tall = min(24.0, max(13.0, cell))
    drawing = Drawing(width, tall * len(rows) + 16)
    biggest = max((abs(value) for row in rows for value in row), default=0.0) or 1.0
    for number, row in enumerate(rows):
        y = tall * (len(rows) - number - 1)
        drawing.add(_text(side - 6, y + tall / 2 - 2.5, _clip(down[number], 18), "end"))
        for place, value in enumerate(row):
            strength = abs(value) / biggest
            base = NEGATIVE if value < 0 else SERIES
            shade = Color(*(1 - (1 - part) * (0.06 + 0.86 * strength) for part in base.rgb()))
            drawing.add(Rect(side + cell * place, y, cell - 1.5, tall - 1.5, fillColor=shade, strokeColor=None))
            ink = HexColor("#ffffff") if strength > 0.55 else INK
            size = min(SIZE, (cell - 4) / (0.62 * max(1, len(figure(value)))))
            drawing.add(
                _text(side + cell * place + cell / 2 - 0.75, y + tall / 2 - 2.5, figure(value), "middle", ink, size)
            )
    for place, name in enumerate(across[:columns]):
        short = _clip(name, max(2, int(cell / (SIZE * 0.6))))
        drawing.add(_text(side + cell * place + cell / 2, tall * len(rows) + 5, short, "middle"))
    return drawing
