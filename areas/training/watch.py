"""What watches a training job, in the form: Debugger's rules, when tensors are saved for them, and what a met rule does.

The form inherits ``WatchForm``, the request is completed by ``complete``, and a clone's fields come from ``values_of``. What a
request says of the debugger beyond the fields stands as JSON in ``watch_more``, so that a clone loses nothing.
"""

import json

from django import forms
from django.core.validators import validate_email

from areas.images import images
from areas.watchers import rules

REPOSITORY = "sagemaker-debugger-rules"
REPORT = "ProfilerReport"  # the only rule of the profiler that is offered: it runs all the others
FIRST = ("Overfit", "Overtraining", "LossNotDecreasing", "ClassImbalance", "TreeDepth", "FeatureImportanceOverweight")
HOOK, RULES = "DebugHookConfig", "DebugRuleConfigurations"
PROFILER, PROFILER_RULES = "ProfilerConfig", "ProfilerRuleConfigurations"
MEMBERS = {HOOK: dict, RULES: list, PROFILER: dict, PROFILER_RULES: list, "TensorBoardOutputConfig": dict}
ACTIONS = (("", "say so on the job's page"), ("stoptraining", "stop the training job"), ("email", "tell me"))
INTERVAL = 5  # steps; Debugger's own 500 would see one step of a short job


class WatchForm(forms.Form):
    """Fields of the form's part "Watch the run"; those of the rules are added once the algorithm is known."""

    watch_action = forms.ChoiceField(label="When a rule is met", choices=ACTIONS, required=False)
    watch_email = forms.CharField(label="Address", max_length=254, required=False)
    watch_interval = forms.IntegerField(label="Look at every … steps", min_value=1, initial=INTERVAL, required=False)
    watch_more = forms.CharField(label="More settings, as JSON", max_length=50_000, required=False)

    def add_rules(self, chosen) -> None:
        """A tick for each rule that suits the algorithm, and a field for each of its parameters."""
        self.rules = offered(chosen)
        for rule in self.rules:
            self.fields[f"watch_{rule.name}"] = forms.BooleanField(label=rule.name, required=False)
            for name, parameter in rule.parameters.items():
                field = forms.CharField(label=name, max_length=1000, required=False)
                default = "" if parameter.default is None else str(parameter.default)
                field.widget.attrs |= {"placeholder": default, "autocomplete": "off"}
                if parameter.kind == "flag":
                    field.widget = forms.Select(
                        choices=[("", f"{default} (default)"), ("True", "True"), ("False", "False")]
                    )
                self.fields[f"watch_{rule.name}_{name}"] = field

    @property
    def watched(self) -> list:
        """The rules that are ticked."""
        return [rule for rule in self.rules if self[f"watch_{rule.name}"].value() in (True, "on", "true", "True")]

    @property
    def watch_wrong(self) -> bool:
        """Whether a field of this part has something to mend."""
        return any(name.startswith("watch_") for name in self.errors) if self.is_bound else False

    def watch_rules(self) -> list[tuple[str, list[dict]]]:
        """The rules for the page, ("", those in sight) and ("More rules", the others): rule, tick, fields, what is set."""
        first, more = [], []
        for rule in self.rules:
            fields = [(self[f"watch_{rule.name}_{name}"], one.help) for name, one in rule.parameters.items()]
            row = {
                "rule": rule, "tick": self[f"watch_{rule.name}"], "fields": fields, "on": rule in self.watched,
                "set": sum(bool(field.value()) for field, _ in fields), "wrong": any(field.errors for field, _ in fields),
                "saved": [name for name, _ in rule.collections if name != "losses"],
            }  # fmt: skip
            (first if rule.name in FIRST else more).append(row)
        return [one for one in (("", first), ("More rules", more)) if one[1]]

    def check_watch(self, cleaned: dict) -> None:
        """The rules' own words beside the parameters that they are about."""
        for rule in self.rules:
            if not cleaned.get(f"watch_{rule.name}"):
                continue
            for name, text in given(rule, cleaned).items():
                try:
                    rule.read({name: text})
                except ValueError as problem:
                    self.add_error(f"watch_{rule.name}_{name}", str(problem))
            if "other_trial" in rule.parameters and not cleaned.get(f"watch_{rule.name}_other_trial", "").startswith(
                "s3://"
            ):
                self.add_error(
                    f"watch_{rule.name}_other_trial", "Say where the other job's tensors lie: s3://…/debug-output."
                )
        if cleaned.get("watch_action") == "email":
            try:
                validate_email(cleaned.get("watch_email") or "")
            except forms.ValidationError:
                self.add_error("watch_email", "Give the e-mail address that AWS writes to, such as me@example.org.")

    def clean_watch_more(self) -> str:
        text = self.cleaned_data["watch_more"].strip()
        try:
            found = json.loads(text) if text else {}
        except ValueError as error:
            raise forms.ValidationError(f"It is not JSON: {error}.") from error
        wrong = "" if isinstance(found, dict) else "It"
        for name, value in found.items() if not wrong else ():
            if name not in MEMBERS:
                raise forms.ValidationError(f"{name} is none of {', '.join(MEMBERS)}.")
            wrong = wrong or ("" if isinstance(value, MEMBERS[name]) else name)
        if wrong:
            kind = "list" if MEMBERS.get(wrong) is list else "object"
            raise forms.ValidationError(f"{wrong} must be a JSON {kind}.")
        return text


def offered(chosen) -> list:
    """The rules whose tensors the algorithm can save, those in sight first."""
    repository = chosen.image.repository if chosen.image else ""
    if chosen.is_xgboost:
        known = {"xgboost"}
    else:
        known = {"script", "torch"} if chosen.is_script and repository.startswith("pytorch") else {"script"}
    found = []
    for rule in rules().values():
        # The metrics of other built-in algorithms are tensors of the collection losses, and they save no others.
        others = (
            not chosen.is_xgboost and not chosen.is_script and any(name != "losses" for name, _ in rule.collections)
        )
        suits = not others and known & set(rule.frameworks)
        if rule.name == REPORT or (suits and not rule.is_profiler):
            found.append(rule)
    return sorted(found, key=lambda rule: FIRST.index(rule.name) if rule.name in FIRST else len(FIRST))


def given(rule, fields: dict) -> dict[str, str]:
    """The parameters of a rule that are filled in."""
    typed = {name: str(fields.get(f"watch_{rule.name}_{name}") or "").strip() for name in rule.parameters}
    return {name: text for name, text in typed.items() if text}


def complete(request: dict, fields: dict, region: str) -> None:
    """Put the fields into a CreateTrainingJob request that has its name and its OutputDataConfig."""
    chosen = [rule for rule in rules().values() if fields.get(f"watch_{rule.name}")]
    found: dict = {}
    for rule in chosen:
        one = {
            "RuleConfigurationName": rule.name,
            "RuleEvaluatorImage": images()[REPOSITORY].uri(region),
            "RuleParameters": {"rule_to_invoke": rule.name, **given(rule, fields)} | _action(rule, request, fields),
        }
        found.setdefault(PROFILER_RULES if rule.is_profiler else RULES, []).append(one)
    if RULES in found:
        interval = str(fields.get("watch_interval") or INTERVAL)
        found[HOOK] = {
            "S3OutputPath": request["OutputDataConfig"]["S3OutputPath"],
            "CollectionConfigurations": _collections(chosen, interval),
        }
    request |= {name: found[name] for name in MEMBERS if name in found}
    for name, value in _more(fields).items():
        request[name] = _joined(request[name], value) if name in request else value


def _more(fields: dict) -> dict:
    return json.loads(fields.get("watch_more") or "{}")


def _joined(mine, more):
    """Lists one after the other; of objects, what JSON says of a member, and lists within them joined too."""
    if isinstance(mine, list):
        return mine + more
    lists = {name: value + more[name] for name, value in mine.items() if isinstance(value, list) and name in more}
    return mine | more | lists


def _collections(chosen: list, interval: str) -> list[dict]:
    """What the hook saves for the rules, each collection once; what a report saves at its own steps stays so."""
    found: dict[str, dict[str, str]] = {}
    for rule in chosen:
        for name, parameters in rule.collections:
            asked = {key: interval if key == "save_interval" else value for key, value in parameters.items()}
            found[name] = found.get(name, {}) | asked
    return [{"CollectionName": name, "CollectionParameters": parameters} for name, parameters in found.items()]


def _action(rule, request: dict, fields: dict) -> dict[str, str]:
    word = fields.get("watch_action") or ""
    if not word or rule.name.endswith("Report"):
        return {}
    key, value = ("endpoint", fields.get("watch_email")) if word == "email" else (
        "training_job_prefix", request["TrainingJobName"],
    )  # fmt: skip
    return {"action_json": json.dumps([{"name": word} | ({key: value} if value else {})])}


def values_of(document: dict, chosen) -> dict:
    """The fields again, from a request or Describe document; as JSON where the fields couldn't say the same."""
    members = {name: document[name] for name in MEMBERS if document.get(name)}
    if _is_usual(members.get(PROFILER, {})):
        members.pop(PROFILER, None)
    if not members:
        return {}
    values, images_there = _fields(members), [one.get("RuleEvaluatorImage", "") for one in members.get(RULES, [])]
    region = images_there[0].split(".")[3] if images_there and images_there[0].count(".") > 4 else "us-east-1"
    again = {name: document.get(name, {}) for name in ("TrainingJobName", "OutputDataConfig")}
    complete(again, {name: value for name, value in values.items() if _is_offered(name, chosen)}, region)
    if {name: again[name] for name in MEMBERS if name in again} == members:
        return values
    return {"watch_more": json.dumps(members, indent=1)}


def _is_usual(profiler: dict) -> bool:
    """Whether a ProfilerConfig is the one that AWS gives every job."""
    interval = profiler.get("ProfilingIntervalInMilliseconds", 500)
    return interval == 500 and not profiler.get("DisableProfiler") and not profiler.get("ProfilingParameters")


def _is_offered(field: str, chosen) -> bool:
    name = field.split("_")[1]
    return name not in rules() or rules()[name] in offered(chosen)


def _fields(members: dict) -> dict:
    values: dict = {}
    for one in (*members.get(RULES, []), *members.get(PROFILER_RULES, [])):
        parameters = dict(one.get("RuleParameters") or {})
        name = parameters.pop("rule_to_invoke", "")
        for action in _actions(parameters.pop("action_json", "")):
            values |= {"watch_action": action.get("name", ""), "watch_email": action.get("endpoint", "")}
        values |= {f"watch_{name}": True} | {f"watch_{name}_{key}": text for key, text in parameters.items()}
    for one in members.get(HOOK, {}).get("CollectionConfigurations", []):
        given = (one.get("CollectionParameters") or {}).get("save_interval", "")
        if given.isdecimal() and "watch_interval" not in values:
            values["watch_interval"] = int(given)
    return values


def _actions(text: str) -> list[dict]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
