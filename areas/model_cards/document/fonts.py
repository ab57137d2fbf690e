"""The fonts of the PDF, and text as markup in which every character has a font that can draw it.

DejaVu (from matplotlib) has Latin, Greek, Cyrillic, Arabic, Hebrew, mathematics and more. Chinese, Japanese and Korean
use the fonts that every PDF reader brings (Adobe's Asian font packs). What nothing can draw is shown by its code point.
"""

import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

SANS, BOLD, MONO = "Sans", "Sans-Bold", "Mono"
_FILES = {SANS: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf", MONO: "DejaVuSansMono.ttf"}
JAPANESE, CHINESE, KOREAN = "HeiseiKakuGo-W5", "STSong-Light", "HYGothic-Medium"

_KANA = re.compile(r"[\u3040-\u30ff]")

# First and last character of the scripts that the readers' own fonts draw.
_ASIAN = (
    (0x1100, 0x11FF, KOREAN), (0x3000, 0x303F, JAPANESE), (0x3040, 0x30FF, JAPANESE), (0x3130, 0x318F, KOREAN),
    (0x3400, 0x9FFF, CHINESE), (0xAC00, 0xD7AF, KOREAN), (0xF900, 0xFAFF, CHINESE), (0xFF00, 0xFFEF, JAPANESE),
)  # fmt: skip


@cache
def register() -> None:
    """Make the fonts known to reportlab. Raises FileNotFoundError if matplotlib's aren't there."""
    folder = Path(find_spec("matplotlib").submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    for name in (JAPANESE, CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=BOLD, italic=SANS, boldItalic=BOLD)


def markup(text: str, font: str = SANS) -> str:
    """``text`` for a Paragraph whose font is ``font``: escaped, lines kept, foreign runs in a font that has them."""
    register()
    parts = []
    for name, run in _runs(text, font):
        run = escape(run).replace("\n", "<br/>")
        parts.append(run if name == font else f'<font name="{name}">{run}</font>')
    return "".join(parts)


def label(text: str) -> tuple[str, str]:
    """(Font, text) for where only one font can be, in drawings: what that font hasn't got is shown by its code point."""
    register()
    runs = _runs(text.replace("\n", " "), SANS)
    font = next((name for name, _ in runs if name != SANS), SANS)
    shown = (run if name == font or run.isascii() else "".join(map(_code_point, run)) for name, run in runs)
    return font, "".join(shown)


def _runs(text: str, font: str) -> list[tuple[str, str]]:
    """The text in pieces of one font each."""
    runs: list[tuple[str, str]] = []
    han = JAPANESE if _KANA.search(text) else CHINESE
    for sign in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")):
        if sign != "\n" and (unicodedata.category(sign) in ("Cc", "Cs") or sign in "\u200d\ufe0e\ufe0f"):
            continue
        name, shown = _font_of(sign, font, han)
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + shown)
        else:
            runs.append((name, shown))
    return runs


@cache
def _font_of(sign: str, font: str, han: str) -> tuple[str, str]:
    number = ord(sign)
    if sign == "\n" or number in pdfmetrics.getFont(font).face.charToGlyph:
        return font, sign
    if number in pdfmetrics.getFont(SANS).face.charToGlyph:
        return SANS, sign
    for first, last, asian in _ASIAN:
        if first <= number <= last:
            return han if asian == CHINESE else asian, sign
    return font, _code_point(sign)


def _code_point(sign: str) -> str:
    return f"[U+{ord(sign):04X}]"
