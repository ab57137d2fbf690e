"""What must be true of a version before it may be approved, measured by the Studio itself.

A policy's check is a dict: ``kind`` (a name in KINDS), ``required`` (a failure blocks the approval; else it only shows), and
what the kind itself wants. A kind is a module with ``SETTINGS`` (its members, each with a function that cleans the value),
``describe(settings)`` (the limit, as people read it), and ``run(case, settings) -> Finding``.
"""

from types import ModuleType

from registry.artifacts import digest
from registry.checks import artifact, bias, card, metric, smoke
from registry.checks.case import Case, Finding
from registry.errors import DeskError

KINDS: dict[str, ModuleType] = {
    "metric": metric, "bias_report": bias, "model_card": card, "smoke": smoke, "artifact": artifact,
}  # fmt: skip


def check_settings(given: dict) -> dict:
    """A check's settings, cleaned. Raises DeskError."""
    if not isinstance(given, dict) or given.get("kind") not in KINDS:
        raise DeskError(f"A check has a kind: {', '.join(KINDS)}.", "checks")
    kind, required = given["kind"], given.get("required", True)
    if not isinstance(required, bool):
        raise DeskError("required of a check is true or false.", "checks")
    module = KINDS[kind]
    if unknown := sorted(set(given) - {"kind", "required"} - set(module.SETTINGS)):
        raise DeskError(f"A check of kind {kind} has no {unknown[0]}.", "checks")
    found = {"kind": kind, "required": required}
    for member, clean in module.SETTINGS.items():
        if given.get(member) not in (None, ""):
            try:
                found[member] = clean(given[member])
            except (TypeError, ValueError) as error:
                raise DeskError(f"{member} of the check {kind}: {error}", "checks") from None
    try:
        module.describe(found)
    except KeyError as error:
        raise DeskError(f"A check of kind {kind} needs {error.args[0]}.", "checks") from None
    except ValueError as error:
        raise DeskError(f"Check {kind}: {error}", "checks") from None
    return found


def key_of(settings: dict) -> str:
    """What a result is found by: the settings it was measured for, whether required or not."""
    return digest({member: value for member, value in settings.items() if member != "required"})


def limit_of(settings: dict) -> str:
    return KINDS[settings["kind"]].describe(settings)


def title_of(settings: dict) -> str:
    return KINDS[settings["kind"]].TITLE.format(**settings)


def run(case: Case, settings: dict) -> Finding:
    return KINDS[settings["kind"]].run(case, settings)
