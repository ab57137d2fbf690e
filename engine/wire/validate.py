"""Requests checked against botocore's model, in AWS's own words; values come out in the types that handlers expect.

A shape is compiled once into a function ``check(value, path, problems)`` that returns the converted value and appends
what is wrong. Times become epoch seconds (float), blobs bytes; members that the model doesn't know are left out.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from functools import cache

import regex
from botocore.model import OperationModel, Shape

from engine.errors import AwsError

Check = Callable[[object, str, list[str]], object]

# Java writes characters beyond the basic plane as surrogates.
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
_JAVA_NAMES = {"integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double"}


def validate(operation: OperationModel, request: dict, code: str = "ValidationException") -> dict:
    """The request with its values converted. AwsError ``code`` naming every breach of the model's constraints."""
    if operation.input_shape is None:
        return {}
    problems: list[str] = []
    try:
        checked = compiled(operation.input_shape)(request, "", problems)
    except RecursionError:
        raise unreadable("The request is nested too deeply.") from None
    if problems:
        word = "error" if len(problems) == 1 else "errors"
        raise AwsError(code, f"{len(problems)} validation {word} detected: {'; '.join(problems)}")
    return checked


_compiled: dict[tuple[int, str], Check] = {}


def compiled(shape: Shape) -> Check:
    """The check of a shape; the same one for every use of that shape in its service."""
    key = (id(shape._shape_resolver), shape.name)
    if key not in _compiled:
        # Registered before it is built: shapes may contain themselves.
        _compiled[key] = lambda value, path, problems: _compiled[key](value, path, problems)
        _compiled[key] = _COMPILERS.get(shape.type_name, _compile_string)(shape)
    return _compiled[key]


def lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def unreadable(text: str) -> AwsError:
    return AwsError("SerializationException", text)


def _token_name(value) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _refuse_compound(value) -> None:
    if isinstance(value, dict):
        raise unreadable("Start of structure or map found where not expected.")
    if isinstance(value, list):
        raise unreadable("Start of list found where not expected.")


def _compile_structure(shape) -> Check:
    if getattr(shape, "is_document_type", False):
        return lambda value, path, problems: value
    required = set(shape.required_members)
    members = [(name, lower_camel(name), name in required, compiled(member)) for name, member in shape.members.items()]

    def check(value, path, problems):
        if type(value) is not dict:
            _refuse_compound(value)
            raise unreadable(f"Unexpected value found where a structure is expected{_at(path)}.")
        found = {}
        for name, camel, is_required, check_member in members:
            given = value.get(name)
            if given is not None:
                found[name] = check_member(given, f"{path}.{camel}" if path else camel, problems)
            elif is_required:
                where = f"{path}.{camel}" if path else camel
                problems.append(f"Value null at '{where}' failed to satisfy constraint: Member must not be null")
        return found

    return check


def _compile_list(shape) -> Check:
    check_member = compiled(shape.member)
    is_simple = shape.member.type_name not in ("structure", "list", "map")
    length = _length_rules(shape)

    def check(value, path, problems):
        if type(value) is not list:
            _refuse_compound(value)
            raise unreadable(f"Unexpected value found where a list is expected{_at(path)}.")
        _report(length(len(value)), value, path, problems)
        if not is_simple:
            return [check_member(item, f"{path}.{at}.member", problems) for at, item in enumerate(value, 1)]
        inner: list[str] = []
        found = [check_member(item, "", inner) for item in value]
        if inner:
            problems.append(_wrapped("Member must satisfy constraint", inner, value, path))
        return found

    return check


def _compile_map(shape) -> Check:
    check_key, check_value = compiled(shape.key), compiled(shape.value)
    is_simple = shape.value.type_name not in ("structure", "list", "map")
    length = _length_rules(shape)

    def check(value, path, problems):
        if type(value) is not dict:
            _refuse_compound(value)
            raise unreadable(f"Unexpected value found where a map is expected{_at(path)}.")
        _report(length(len(value)), value, path, problems)
        keys: list[str] = []
        values: list[str] = []
        found = {}
        for key, item in value.items():
            check_key(key, "", keys)
            if item is not None:
                found[key] = check_value(item, "" if is_simple else f"{path}.{key}", values if is_simple else problems)
        if keys:
            problems.append(_wrapped("Map keys must satisfy constraint", keys, value, path))
        if values:
            problems.append(_wrapped("Map value must satisfy constraint", values, value, path))
        return found

    return check


def _wrapped(rule: str, inner: list[str], value, path: str) -> str:
    rules = list(dict.fromkeys(text.partition("constraint: ")[2] for text in inner))
    return f"Value '{_java(value)}' at '{path}' failed to satisfy constraint: {rule}: [{', '.join(rules)}]"


def _compile_string(shape) -> Check:
    length = _length_rules(shape)
    pattern_text = shape.metadata.get("pattern")
    pattern = _pattern(pattern_text) if pattern_text and pattern_text != ".*" else None
    enum = shape.metadata.get("enum")
    allowed = frozenset(enum or ())
    sensitive = bool(shape.metadata.get("sensitive"))

    def check(value, path, problems):
        if type(value) is not str:
            _refuse_compound(value)
            raise unreadable(f"{_token_name(value)} can not be converted to a String")
        broken = length(len(value))
        if pattern and not _matches(pattern, value):
            broken.append(f"Member must satisfy regular expression pattern: {pattern_text}")
        if allowed and value not in allowed:
            broken.append(f"Member must satisfy enum value set: [{', '.join(enum)}]")
        if broken:
            _report(broken, value, path, problems, sensitive)
        return value

    return check


def _compile_number(shape) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    name = shape.type_name
    whole = name in ("integer", "long")
    bound = 2**31 if name == "integer" else 2**63

    def check(value, path, problems):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            _refuse_compound(value)
            if not whole and value in ("NaN", "Infinity", "-Infinity"):
                return float(value)
            raise unreadable(f"{_token_name(value)} can not be converted to {_JAVA_NAMES[name]}")
        if whole and (not -bound <= value < bound or value != int(value)):
            raise unreadable(f"{value} can not be converted to {_JAVA_NAMES[name]}")
        if low is not None and value < low:
            _report([f"Member must have value greater than or equal to {low}"], value, path, problems)
        if high is not None and value > high:
            _report([f"Member must have value less than or equal to {high}"], value, path, problems)
        return int(value) if whole else float(value)

    return check


def _compile_boolean(shape) -> Check:
    def check(value, path, problems):
        if not isinstance(value, bool):
            _refuse_compound(value)
            raise unreadable(f"{_token_name(value)} can not be converted to a Boolean")
        return value

    return check


def _compile_timestamp(shape) -> Check:
    def check(value, path, problems):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        _refuse_compound(value)
        try:
            return epoch(str(value))
        except ValueError:
            raise unreadable(f"{_token_name(value)} can not be converted to a Timestamp") from None

    return check


def _compile_blob(shape) -> Check:
    length = _length_rules(shape)

    def check(value, path, problems):
        if isinstance(value, bytes):
            found = value
        else:
            try:
                found = base64.b64decode(value, validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise unreadable(f"Blob is not base64{_at(path)}.") from None
        _report(length(len(found)), "", path, problems, True)
        return found

    return check


_COMPILERS = {
    "structure": _compile_structure,
    "list": _compile_list,
    "map": _compile_map,
    "integer": _compile_number,
    "long": _compile_number,
    "float": _compile_number,
    "double": _compile_number,
    "boolean": _compile_boolean,
    "timestamp": _compile_timestamp,
    "blob": _compile_blob,
}


def epoch(text: str) -> float:
    """ISO 8601 text (UTC where it names no zone), or a number in text, as epoch seconds. ValueError if it is neither."""
    try:
        return float(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else datetime.fromisoformat(f"{at.isoformat()}+00:00")).timestamp()


def _length_rules(shape) -> Callable[[int], list[str]]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def broken(length: int) -> list[str]:
        found = []
        if high is not None and length > high:
            found.append(f"Member must have length less than or equal to {high}")
        if low is not None and length < low:
            found.append(f"Member must have length greater than or equal to {low}")
        return found

    return broken


@cache
def _pattern(text: str):
    return regex.compile(text.replace(*_SURROGATES))


def _matches(pattern, value: str) -> bool:
    try:
        return pattern.fullmatch(value, timeout=1) is not None
    except TimeoutError:
        return False


def _report(broken: list[str], value, path: str, problems: list[str], sensitive: bool = False) -> None:
    shown = "Value" if sensitive else f"Value '{_java(value)}'"
    problems.extend(f"{shown} at '{path}' failed to satisfy constraint: {rule}" for rule in broken)


def _java(value) -> str:
    """A value as Java prints it: ``[a, b]``, ``{key=value}``."""
    if isinstance(value, list):
        return f"[{', '.join(map(_java, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _at(path: str) -> str:
    return f" at '{path}'" if path else ""
