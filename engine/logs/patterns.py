"""CloudWatch's filter patterns for unstructured events: terms, "phrases", -without and ?any-of. Case matters."""

import re
from collections.abc import Callable

from engine.errors import AwsError

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test of messages. InvalidParameterException for a pattern that can't be read or is of a kind not built."""
    text = pattern.strip()
    if not text or text == '""':
        return lambda message: True
    if text[0] in "{[%":
        raise AwsError(
            "InvalidParameterException",
            "Filter patterns for JSON, columns and regular expressions are not supported by the embedded engine yet.",
        )
    terms: dict[str, list[str]] = {"": [], "-": [], "?": []}
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise AwsError("InvalidParameterException", "Invalid filter pattern")
        phrase = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
        terms[found[1]].append(phrase)
        position = found.end()
    required, without, any_of = terms[""], terms["-"], terms["?"]

    def matches(message: str) -> bool:
        if not all(term in message for term in required) or any(term in message for term in without):
            return False
        # As on AWS, ?terms count only where they stand alone.
        return bool(required or not any_of) or any(term in message for term in any_of)

    return matches
