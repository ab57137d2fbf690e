"""The text of a report as safe HTML: CommonMark with tables, lists of tasks and images of our own S3.

HTML in it is shown as text. An image is ``![words](s3://bucket/key)``: it is read with the rights of the report's eyes, below
the report's own address. Any other image is shown as its words: the reader's browser calls nobody else.
"""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import unquote

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

_LINK = re.compile(r"(https?://|mailto:|/(?!/)|#)", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\]\s+")


def render(text: str, address: Callable[[str], str]) -> SafeString:
    """HTML of a text block. ``address`` of ``s3://bucket/key`` is where the reader's browser gets it."""
    return SafeString(_parser().render(text, {"address": address}))


def addresses(text: str) -> list[str]:
    """The objects in S3 that a text shows or leads to, in its order."""
    found: list[str] = []
    _parser().render(text, {"address": lambda uri: found.append(uri) or ""})
    return list(dict.fromkeys(found))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: bool(_LINK.match(url.strip()) or url.strip().startswith("s3://"))
    parser.core.ruler.push("tasks", _tasks)
    parser.core.ruler.push("headings", _headings)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table class="table">\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _tasks(state) -> None:
    """``- [x] done`` begins with a box."""
    tokens = state.tokens
    for place in range(2, len(tokens)):
        around = [one.type for one in tokens[place - 2 : place + 1]]
        if around != ["list_item_open", "paragraph_open", "inline"] or not tokens[place].children:
            continue
        first = tokens[place].children[0]
        if first.type == "text" and (found := _TASK.match(first.content)):
            first.content = ("☐ " if found[1] == " " else "☑ ") + first.content[found.end() :]


def _headings(state) -> None:
    """The page has a title of its own, so ``#`` is a heading below it."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _link(self, tokens, index, options, env) -> str:
    token = tokens[index]
    if str(token.attrGet("href")).startswith("s3://"):
        token.attrSet("href", env["address"](unquote(token.attrGet("href"))))
    token.attrSet("rel", "nofollow noopener noreferrer")
    return self.renderToken(tokens, index, options, env)


def _image(self, tokens, index, options, env) -> str:
    token = tokens[index]
    words = self.renderInlineAsText(token.children, options, env) or "image"
    source = str(token.attrGet("src"))
    if not source.startswith("s3://"):
        return f"<span>{escape(words)}</span>"
    return f'<img src="{escape(env["address"](unquote(source)))}" alt="{escape(words)}" loading="lazy">'
