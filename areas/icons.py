"""Icons: heroicons' outline set as inline SVG, and the few shapes that it lacks."""

from functools import lru_cache

import heroicons
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# Our own shapes, on a 24 px grid: what turns while something runs, and the compass of the brand.
OWN = {
    "running": '<circle cx="12" cy="12" r="8.25" opacity=".28"/><path d="M12 3.75A8.25 8.25 0 0 1 20.25 12"/>',
    "brand": '<circle cx="12" cy="4.6" r="1.9"/><path d="M11.2 6.5 5.5 20.5M12.8 6.5l5.7 14M7.4 15.8c2.9 1.5 6.3 1.5 9.2 0"/>',
}


@lru_cache(maxsize=512)
def draw(name: str, classes: str = "icon") -> SafeString:
    """The icon ``name`` (a heroicons outline name, ``running`` or ``brand``) as SVG markup, hidden from screen readers.

    Raises heroicons.IconDoesNotExist for a name that there is none of.
    """
    if name in OWN:
        inside = OWN[name]
    else:
        outline = heroicons._render_icon("outline", name, None, {})
        inside = outline[outline.index(">") + 1 : outline.rindex("</svg>")].strip()
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        classes,
        mark_safe(inside),  # noqa: S308 - the package's own files
    )
