"""Markdown as safe HTML: CommonMark with tables; HTML in it is shown as text, links go to the web or to this Studio only."""

import re
from functools import cache

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

MENTION = re.compile(r"(?<![\w@/.])@([\w][\w.+@-]*)")
_LINK = re.compile(r"(https?://|mailto:|/(?!/)|#)", re.IGNORECASE)


def render(text: str) -> SafeString:
    """HTML of a note or comment."""
    return SafeString(_parser().render(text))


def mentioned(text: str) -> set[str]:
    """The user names that a text calls with an @, also without a dot or hyphen that ends the sentence."""
    found = set(MENTION.findall(text))
    return found | {name.rstrip(".-+@") for name in found}


@cache
def _parser() -> MarkdownIt:
    # Images would have the reader's browser call whoever the writer likes.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = lambda url: bool(_LINK.match(url.strip()))
    parser.add_render_rule("link_open", _link)
    return parser


def _link(self, tokens, index, options, env) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return self.renderToken(tokens, index, options, env)
