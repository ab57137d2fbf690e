"""The pages of a card: a title block, the sections of ``areas.model_cards.reading``, and a foot with page numbers."""

from datetime import UTC, datetime
from itertools import zip_longest

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from areas.model_cards.document import charts
from areas.model_cards.document.fonts import BOLD, MONO, SANS, markup, register
from areas.model_cards.reading import Section, sections

INK, MUTED, LINE, SUNKEN = (HexColor(code) for code in ("#1f2430", "#5b6170", "#d9dce3", "#f4f5f7"))
ACCENT = HexColor("#2b3fb8")
RISK = {"High": "#b3261e", "Medium": "#8a5a00", "Low": "#1b6b3a"}
STATUSES = {"PendingReview": "Pending review"}
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
LABEL = 42 * mm  # column of a fact's label


def _style(name: str, size: float, **more) -> ParagraphStyle:
    more = {"fontName": SANS, "leading": size * 1.42, "textColor": INK, "splitLongWords": 1, **more}
    return ParagraphStyle(name, fontSize=size, **more)


TITLE = _style("title", 21, fontName=BOLD)
SECTION = _style("section", 13, fontName=BOLD, spaceBefore=16, spaceAfter=6, textColor=ACCENT)
HEADINGS = {
    1: _style("h1", 10, fontName=BOLD, spaceBefore=10, spaceAfter=4),
    2: _style("h2", 9, fontName=BOLD, spaceBefore=8, spaceAfter=3, textColor=MUTED),
}
BODY, LABELS = _style("body", 9), _style("label", 8.5, textColor=MUTED)
CODE = _style("code", 7.6, fontName=MONO, wordWrap="CJK")
HEAD, NUMBER = _style("head", 8, fontName=BOLD, textColor=MUTED), _style("number", 9, alignment=TA_RIGHT)
NUMBER_HEAD = _style("number-head", 8, fontName=BOLD, textColor=MUTED, alignment=TA_RIGHT)
NOTE = _style("note", 8, textColor=MUTED)


def write(card: dict, path: str) -> int:
    """Write the card to ``path`` and return the number of pages.

    ``card`` is what the export job lays down: name, arn, version, status, content, times in epoch seconds (created,
    modified, exported) and who (created_by and modified_by as UserContexts, exported_by as text).
    """
    register()
    document = BaseDocTemplate(
        path, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=f"Model card {card['name']}, version {card['version']}", author=who(card["modified_by"]),
        subject=card["arn"], creator="Atelier",
    )  # fmt: skip
    frame = Frame(
        MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )
    document.addPageTemplates(PageTemplate(frames=[frame]))
    story = _title(card)
    found = sections(card["content"])
    for section in found:
        story += _section(section)
    if not found:
        story.append(Paragraph("This version of the card says nothing yet.", BODY))
    pages: list[int] = []
    document.build(story, canvasmaker=lambda *args, **more: _Numbered(*args, card=card, pages=pages, **more))
    return pages[0]


def who(context: dict) -> str:
    """A UserContext in words."""
    return context.get("UserProfileName") or context.get("IamIdentity", {}).get("Arn", "")


def _title(card: dict) -> list:
    facts = [
        ("Version", str(card["version"])), ("Status", STATUSES.get(card["status"], card["status"])),
        ("Created", _when(card["created"], who(card["created_by"]))),
        ("This version", _when(card["modified"], who(card["modified_by"]))),
        ("Exported", _when(card["exported"], card.get("exported_by", ""))), ("ARN", card["arn"]),
    ]  # fmt: skip
    rating = (card["content"].get("intended_uses") or {}).get("risk_rating")
    if rating:
        facts.insert(2, ("Risk rating", rating))
    return [
        Paragraph("MODEL CARD", _style("kicker", 8, fontName=BOLD, textColor=MUTED)),
        Spacer(1, 3),
        Paragraph(markup(card["name"], BOLD), TITLE),
        Spacer(1, 8),
        _facts(facts, frozenset({"ARN"}), boxed=True),
    ]


def _when(seconds: float, by: str) -> str:
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{moment} by {by}" if by else moment


def _section(section: Section) -> list:
    story: list = [CondPageBreak(32 * mm), Paragraph(markup(section.title, BOLD), SECTION)]
    for block, following in zip_longest(section.blocks, section.blocks[1:]):
        if block.kind == "heading":
            room = 80 * mm if following and following.kind == "chart" else 24 * mm
            story += [CondPageBreak(room), Paragraph(markup(block.text, BOLD), HEADINGS[block.level])]
        elif block.kind == "facts":
            story.append(_facts(block.rows, block.code))
        elif block.kind == "table":
            story.append(_table(block.head, block.rows, block.numeric))
        else:
            parts = [Spacer(1, 6), Paragraph(markup(block.name, BOLD), HEADINGS[2])]
            if block.notes:
                parts.append(Paragraph(markup(block.notes), NOTE))
            story.append(KeepTogether([*parts, Spacer(1, 4), charts.draw(block, WIDTH)]))
    return story


def _facts(rows: list, code: frozenset[str], *, boxed: bool = False) -> Table:
    cells, starts = [], []
    for label, value in rows:
        style, font = (CODE, MONO) if label in code else (BODY, SANS)
        if label == "Risk rating" and value in RISK:
            style, font = _style("risk", 9, fontName=BOLD, textColor=HexColor(RISK[value])), BOLD
        lines = [line for piece in (value if isinstance(value, list) else [value]) for line in _pieces(piece)]
        # A table splits between its rows only: a row for each line, so that a long text goes on on the next page.
        starts.append(len(cells))
        for name, line in zip_longest(_pieces(label, 120), lines, fillvalue=""):
            cells.append([Paragraph(markup(name), LABELS), Paragraph(markup(line, font), style)])
    look = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 8 if boxed else 0),
            ("RIGHTPADDING", (1, 0), (1, -1), 8 if boxed else 0), ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5)]  # fmt: skip
    look += [("LINEABOVE", (0, n), (-1, n), 0.4, LINE) for n in starts[1:] if not boxed]
    look += [("BACKGROUND", (0, 0), (-1, -1), SUNKEN), ("BOX", (0, 0), (-1, -1), 0.5, LINE)] if boxed else []
    return Table(cells, colWidths=[LABEL, WIDTH - LABEL], style=TableStyle(look))


def _pieces(text: str, most: int = 600) -> list[str]:
    """A text in its lines, none of more than ``most`` characters, so that each fits on a page."""
    found = []
    for line in text.split("\n"):
        while len(line) > most:
            cut = line.rfind(" ", most // 2, most)
            cut = cut if cut > 0 else most
            found.append(line[:cut])
            line = line[cut:].lstrip()
        found.append(line)
    return [line for line in found if line.strip()]


def _table(head: list[str], rows: list[list[str]], numeric: tuple[int, ...]) -> Table:
    def cell(place: int, text: str) -> Paragraph:
        return Paragraph(markup(text), NUMBER if place in numeric else BODY)

    top = [Paragraph(markup(text, BOLD), NUMBER_HEAD if n in numeric else HEAD) for n, text in enumerate(head)]
    body, lines = [], []
    for row in rows:
        for parts in zip_longest(*(_pieces(text, 300) for text in row), fillvalue=""):
            body += [[cell(place, text) for place, text in enumerate(parts)]]
        lines.append(len(body))
    widths = [WIDTH * 0.34, WIDTH * 0.26, WIDTH * 0.4] if len(head) == 3 else [WIDTH * 0.5, WIDTH * 0.3]
    look = TableStyle([
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, MUTED), *(("LINEBELOW", (0, n), (-1, n), 0.4, LINE) for n in lines),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ])  # fmt: skip
    return Table([top, *body], colWidths=widths, style=look, repeatRows=1, hAlign="LEFT")


class _Numbered(Canvas):
    """A canvas that knows how many pages there are when it draws their feet."""

    def __init__(self, *args, card: dict, pages: list[int], **more):
        super().__init__(*args, **more)
        self.card, self.pages, self.kept = card, pages, []

    def showPage(self):
        self.kept.append(dict(self.__dict__))
        self._startPage()

    def save(self):
        for number, page in enumerate(self.kept, 1):
            self.__dict__.update(page)
            self._foot(number, len(self.kept))
            super().showPage()
        self.pages.append(len(self.kept))
        super().save()

    def _foot(self, number: int, of: int) -> None:
        card = self.card
        self.setStrokeColor(LINE)
        self.line(MARGIN, 14 * mm, A4[0] - MARGIN, 14 * mm)
        self.setFont(SANS, 7.5)
        self.setFillColor(MUTED)
        status = STATUSES.get(card["status"], card["status"])
        self.drawString(MARGIN, 10 * mm, f"{card['name']} · version {card['version']} · {status}")
        self.drawRightString(A4[0] - MARGIN, 10 * mm, f"Page {number} of {of}")
