"""What differs between two versions of a card."""

from dataclasses import dataclass

from areas.drawing import figure
from areas.model_cards.reading import SECTIONS

# The names around these say enough.
_UNSAID = ("training_job_details", "metric_groups", "metric_data", "value", "function", "container_image")
_WORDS = {
    "objective_function": "Objective", "training_observations": "Observations", "training_arn": "Training job",
    "training_datasets": "Data sets", "training_environment": "Images", "training_metrics": "Metrics",
    "user_provided_training_metrics": "Metrics added by hand", "hyper_parameters": "Hyperparameters",
    "user_provided_hyper_parameters": "Hyperparameters added by hand", "facet": "of what", "datasets": "Data sets",
    "evaluation_observation": "Observation", "evaluation_job_arn": "Job", "custom_details": "Custom details",
    "x_axis_name": "across", "y_axis_name": "up",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One place in the content. ``old`` or ``new`` is "" where the version says nothing there."""

    section: str  # title
    place: str  # "training job details · hyper parameters · eta"
    old: str
    new: str


def differences(before: dict, after: dict) -> list[Difference]:
    """The places where two contents differ, in the order of the card."""
    found = []
    for key, (title, labels) in SECTIONS.items():
        old, new = _flat(before.get(key), labels), _flat(after.get(key), labels)
        found += [
            Difference(title, place, old.get(place, ""), new.get(place, ""))
            for place in [*old, *(place for place in new if place not in old)]
            if old.get(place) != new.get(place)
        ]
    return found


def _flat(value, labels: dict[str, str], place: tuple[str, ...] = ()) -> dict[str, str]:
    """Place → text, for every member that says something. Named things in a list are told apart by their names."""
    if isinstance(value, dict):
        flat = {}
        for name, one in value.items():
            if place and name == "name":
                continue  # it is in the place
            word = (not place and labels.get(name)) or _WORDS.get(name) or name.replace("_", " ")
            flat |= _flat(one, labels, place if name in _UNSAID else (*place, word))
        return flat
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        flat, seen = {}, {}
        for one in value:
            name = str(one.get("name", "")) or "–"
            seen[name] = seen.get(name, 0) + 1
            word = name if seen[name] == 1 else f"{name} ({seen[name]})"
            flat |= _flat(one, labels, (*place, word)) or {" · ".join((*place, word)): "there"}
        return flat
    if value is None or value in ("", []):
        return {}
    return {" · ".join(place): _text(value)}


def _text(value) -> str:
    if isinstance(value, list):
        return "\n".join(", ".join(map(figure, one)) if isinstance(one, list) else figure(one) for one in value)
    return figure(value)
