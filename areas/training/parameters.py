"""Hyperparameters as the form offers them, from what the algorithm declares. What is right is the algorithm's own to say."""

from dataclasses import dataclass

XGBOOST = "sagemaker-xgboost"

OBJECTIVES = (
    ("binary:logistic", "two classes, probability"),
    ("multi:softprob", "several classes, probabilities"),
    ("multi:softmax", "several classes, class number"),
    ("reg:squarederror", "number, squared error"),
    ("reg:absoluteerror", "number, absolute error"),
    ("reg:pseudohubererror", "number, robust to outliers"),
    ("reg:squaredlogerror", "positive number, relative error"),
    ("reg:logistic", "fraction between 0 and 1"),
    ("reg:gamma", "positive number, gamma"),
    ("reg:tweedie", "amount with many zeros, Tweedie"),
    ("count:poisson", "count"),
    ("binary:hinge", "two classes, class only"),
    ("binary:logitraw", "two classes, score"),
    ("rank:pairwise", "ranking, pairwise"),
    ("rank:ndcg", "ranking, NDCG"),
    ("rank:map", "ranking, MAP"),
    ("survival:cox", "survival, Cox"),
    ("survival:aft", "survival, accelerated failure time"),
)

OBJECTIVE_CHOICES = tuple((name, f"{words} ({name})") for name, words in OBJECTIVES)

# XGBoost's problem has fields of its own, asked first.
ASKED = ("objective", "num_class", "eval_metric")
FIRST = ("Required", "Main", "Common")  # groups that are in sight; the others are folded away
LAST = "Without effect"


@dataclass(frozen=True)
class Parameter:
    name: str
    default: str  # the algorithm's own, shown as placeholder
    hint: str
    choices: tuple[str, ...]
    group: str

    @property
    def required(self) -> bool:
        return self.group == "Required"


def offered(algorithm) -> list[Parameter]:
    """What a declared algorithm takes, required ones first."""
    found = [_parameter(item) for item in algorithm.parameters]
    groups = list(
        dict.fromkeys(["Required", "Main", "Common", *(one.group for one in found if one.group != LAST), LAST])
    )
    return sorted(found, key=lambda one: groups.index(one.group))


def _parameter(item) -> Parameter:
    choices = tuple(getattr(item, "choices", ())) if type(item).__name__ == "Choice" else ()
    if type(item).__name__ == "Flag":
        choices = ("true", "false")
    return Parameter(item.name, _text(item.fallback), _hint(item, choices), choices, item.section)


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _hint(item, choices: tuple) -> str:
    """``Learning rate: a number from 0 to 1``; what can be chosen from a list needs no words."""
    return item.about if choices else f"{item.about}: {item.expects}" if item.about else item.expects
