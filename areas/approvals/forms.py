"""A policy's form: fields as they are typed, and the values that ``registry.policies.save`` takes."""

from registry.approvals import ApprovalPolicy
from registry.errors import DeskError

SPARE = 2  # empty rows for metrics
MOST_METRICS = 12
LONE = {"bias_report": "Bias report present and readable", "artifact": "Artifact present and unchanged"}
TRAFFIC = {"all": "All at once", "canary": "Canary", "linear": "Step by step"}
_PLAN_TEXTS = ("endpoint", "connection", "variant", "instance_type")


def of_policy(policy: ApprovalPolicy | None) -> dict:
    """What the form shows of a policy, or of a new one."""
    policy = policy or ApprovalPolicy(approvals=2, groups="*")
    plan = policy.on_approval
    percent = plan.get("canary_percent") or plan.get("linear_percent") or 10
    shown = {
        "name": policy.name, "groups": policy.groups, "approvals": policy.approvals, "roles": policy.roles,
        "author_may_approve": policy.author_may_approve, "one_rejection_rejects": policy.one_rejection_rejects,
        "override_allowed": policy.override_allowed, "expiry_days": policy.expiry_days or "", "enabled": policy.enabled,
        "traffic": "canary" if "canary_percent" in plan else "linear" if "linear_percent" in plan else "all" if plan else "canary",
        "percent": percent, "wait_seconds": plan.get("wait_seconds", 60),
        "count": plan.get("count", ""), "max_latency_ms": plan.get("max_latency_ms", ""),
        "max_error_percent": round(100 * plan["max_error_rate"], 6) if "max_error_rate" in plan else ("" if plan else 1),
        **{member: plan.get(member, "") for member in _PLAN_TEXTS},
    }  # fmt: skip
    by_kind = {check["kind"]: check for check in policy.checks}
    for kind in (*LONE, "model_card", "smoke"):
        shown[kind] = _weight(by_kind.get(kind))
    shown["card_percent"] = by_kind.get("model_card", {}).get("at_least_percent", 100)
    smoke = by_kind.get("smoke", {})
    shown |= {"samples": "\n".join(smoke.get("samples", ())), "content_type": smoke.get("content_type", ""),
              "smoke_latency": smoke.get("max_latency_ms", ""), "smoke_instance": smoke.get("instance_type", "")}  # fmt: skip
    metrics = [{**check, "weight": _weight(check)} for check in policy.checks if check["kind"] == "metric"]
    return shown | {"metrics": metrics + [{"weight": "required"}] * SPARE}


def read(data) -> dict:
    """What a POST holds, as the form shows it again."""
    return {
        **{name: data.get(name, "") for name in (
            "name", "groups", "approvals", "expiry_days", "traffic", "percent", "wait_seconds", "count",
            "max_latency_ms", "max_error_percent", "card_percent", "samples", "content_type", "smoke_latency",
            "smoke_instance", "model_card", "smoke", *LONE, *_PLAN_TEXTS)},
        **{name: name in data for name in ("author_may_approve", "one_rejection_rejects", "override_allowed", "enabled")},
        "roles": data.getlist("roles"), "metrics": _metric_rows(data),
    }  # fmt: skip


def values_of(shown: dict) -> dict:
    """The policy's values from what the form shows. Raises DeskError."""
    return {
        "name": shown["name"], "groups": shown["groups"].strip(), "approvals": _whole(shown, "approvals", 0),
        "roles": shown["roles"], "expiry_days": _whole(shown, "expiry_days", 0), "checks": _checks(shown),
        "on_approval": _plan(shown),
        **{name: shown[name] for name in ("author_may_approve", "one_rejection_rejects", "override_allowed", "enabled")},
    }  # fmt: skip


def _weight(check: dict | None) -> str:
    return "" if check is None else "required" if check["required"] else "advisory"


def _metric_rows(data) -> list[dict]:
    found = []
    for number in range(MOST_METRICS):
        row = {name: data.get(f"metric-{number}-{name}", "").strip()
               for name in ("metric", "at_least", "at_most", "better", "tolerance", "weight")}  # fmt: skip
        if f"metric-{number}-metric" in data:
            found.append(row)
    return found


def _checks(shown: dict) -> list[dict]:
    found = []
    for row in shown["metrics"]:
        if not row.get("metric"):
            continue
        check = {"kind": "metric", "metric": row["metric"], "required": row["weight"] != "advisory"}
        for name in ("at_least", "at_most"):
            if row[name]:
                check[name] = _number(row[name], f"{name} of {row['metric']}", "checks")
        if row["better"]:
            tolerance = _number(row["tolerance"] or "0", f"tolerance of {row['metric']}", "checks")
            check |= {"better": row["better"], "tolerance": tolerance}
        found.append(check)
    found += [{"kind": kind, "required": shown[kind] == "required"} for kind in LONE if shown[kind]]
    if shown["model_card"]:
        percent = _whole(shown, "card_percent", 100)
        found.append({"kind": "model_card", "required": shown["model_card"] == "required", "at_least_percent": percent})
    if shown["smoke"]:
        check = {"kind": "smoke", "required": shown["smoke"] == "required"}
        if lines := [line for line in shown["samples"].splitlines() if line.strip()]:
            check["samples"] = lines
        for name, member in (("content_type", "content_type"), ("smoke_instance", "instance_type")):
            if shown[name]:
                check[member] = shown[name].strip()
        if shown["smoke_latency"]:
            check["max_latency_ms"] = _number(shown["smoke_latency"], "the longest answer", "checks")
        found.append(check)
    return found


def _plan(shown: dict) -> dict:
    if not shown["endpoint"].strip():
        return {}
    plan = {member: shown[member].strip() for member in _PLAN_TEXTS if shown[member].strip()}
    plan["wait_seconds"] = _whole(shown, "wait_seconds", 60)
    if shown["traffic"] in ("canary", "linear"):
        plan[f"{shown['traffic']}_percent"] = _whole(shown, "percent", 10)
    if shown["count"]:
        plan["count"] = _whole(shown, "count", 1)
    if shown["max_error_percent"]:
        plan["max_error_rate"] = _number(shown["max_error_percent"], "the share of errors", "on_approval") / 100
    if shown["max_latency_ms"]:
        plan["max_latency_ms"] = _number(shown["max_latency_ms"], "the latency", "on_approval")
    return plan


def _whole(shown: dict, name: str, default: int) -> int:
    text = str(shown[name]).strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise DeskError(f"{name.replace('_', ' ')} is a whole number, not {text}.", name)
    return int(text)


def _number(text: str, what: str, name: str) -> float:
    try:
        return float(str(text).replace(",", "."))
    except ValueError:
        raise DeskError(f"{what} is a number, not {text}.", name) from None
