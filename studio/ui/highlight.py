"""Colours for short pieces of Python, JSON and shell, as the mark-up that components.css knows."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

STRING = r"(?P<s>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
NUMBER = r"(?P<n>(?<![\w.-])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.-]))"
WORDS = {
    "python": r"import|from|def|return|for|in|if|else|with|as|while|True|False|None|print",
    "json": r"true|false|null",
    "shell": r"aws|curl|eval|export|pip|python",
}
GRAMMARS = {
    "python": re.compile(rf"(?P<c>#[^\n]*)|{STRING}|(?P<k>\b(?:{WORDS['python']})\b)|{NUMBER}"),
    "json": re.compile(rf"(?P<k>\"(?:\\.|[^\"\\\n])*\"(?=\s*:))|{STRING}|(?P<c>\b(?:{WORDS['json']})\b)|{NUMBER}"),
    "shell": re.compile(
        rf"(?P<c>(?:^|(?<=\s))#[^\n]*)|{STRING}|(?P<k>(?:^|(?<=\s))(?:{WORDS['shell']}|--[\w-]+)(?=\s|$))"
    ),
}


def highlight(text: str, language: str = "python") -> SafeString:
    """``text`` escaped, with ``<i class="k|s|n|c">`` around keywords, strings, numbers and comments."""
    grammar = GRAMMARS.get(language)
    if grammar is None or len(text) > 200_000:
        return escape(text)
    parts, end = [], 0
    for match in grammar.finditer(text):
        parts += [escape(text[end : match.start()]), f'<i class="{match.lastgroup}">{escape(match.group())}</i>']
        end = match.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 - every piece is escaped above
