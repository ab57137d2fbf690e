"""What every rule is: it is shown each new step once, in order, and says why it fires, if it does."""

from collections.abc import Iterator

from areas.debugger.trial import Trial


class NoTensors(Exception):
    """The rule saw nothing that it could judge; the text says what was missing."""


class Rule:
    """``judge`` gets every step that is whole; ``rest`` is called while nothing comes; ``conclude`` once at the end."""

    needs = "tensors"  # what NoTensors says is missing

    def __init__(self, trial: Trial, parameters: dict):
        self.trial, self.parameters = trial, parameters
        self.seen = 0  # values that were judged
        for name, value in parameters.items():
            setattr(self, name, value)
        self.prepare()

    def prepare(self) -> None:
        """Set up what is remembered from step to step."""

    def judge(self, step: int) -> str:
        """Why the rule fires at this step, in one sentence; "" if it doesn't."""
        raise NotImplementedError

    def rest(self, now: float) -> str:
        """As ``judge``, while no step comes; ``now`` in epoch seconds."""
        return ""

    def conclude(self) -> None:
        """NoTensors if nothing could be judged."""
        if not self.seen:
            raise NoTensors(f"no tensors for {self.needs}")

    def values(self, step: int, names: list[str]) -> Iterator[tuple[str, object]]:
        """(name, array of numbers) of those tensors that were saved at the step and not shown before; text is passed over."""
        for name in names:
            tensor = self.trial.tensor(name)
            if step not in tensor.found or tensor.found[step][1].get("shown"):
                continue
            value = tensor.value(step)
            if value.dtype.kind in "biuf" and value.size:
                self.seen += 1
                yield name, value


# Collections that hold what training doesn't change.
_GIVEN = ("hyperparameters", "labels", "inputs", "input_image", "input_sequence", "trees")
_FIXED = ("hyperparameters/", "labels", "trees/")


def picked(rule: Rule) -> list[str]:
    """The tensors that ``collection_names`` and ``tensor_regex`` pick; without either, all that training could change."""
    trial = rule.trial
    if rule.collection_names or rule.tensor_regex:
        found = set(trial.tensor_names(regex=rule.tensor_regex)) if rule.tensor_regex else set()
        for collection in rule.collection_names.split(","):
            found |= set(trial.tensor_names(collection=collection.strip())) if collection.strip() else set()
        return sorted(found)
    given = set().union(*(trial.homes.get(name, set()) for name in _GIVEN))
    return [name for name in trial.tensor_names() if name not in given and not name.startswith(_FIXED)]
