"""The gallery by REST: what each algorithm takes, reports and answers."""

from ninja import Router, Schema

from areas.allowed import allowed
from areas.gallery.entries import Entry, entries
from areas.rest import ERRORS, Problem

PREFIX = "/algorithms/"
router = Router()


class AlgorithmOut(Schema):
    name: str
    title: str
    family: str
    about: str
    image: str
    missing: str


class ChannelOut(Schema):
    name: str
    about: str
    required: bool
    types: list[str]
    default: str
    modes: list[str]
    distribution: str


class ParameterOut(Schema):
    name: str
    about: str
    default: str
    required: bool
    expects: str
    tunable: str
    group: str
    effective: bool


class MetricOut(Schema):
    name: str
    regex: str


class ExampleOut(Schema):
    hyperparameters: dict[str, str]
    content_type: str
    body: str
    accept: str
    answer: str


class AlgorithmDetailOut(AlgorithmOut):
    channels: list[ChannelOut]
    hyperparameters: list[ParameterOut]
    metrics: list[MetricOut]
    example: ExampleOut
    snippet: str


class AlgorithmsOut(Schema):
    items: list[AlgorithmOut]


@router.get("", response={200: AlgorithmsOut, **ERRORS}, summary="List the built-in algorithms")
@allowed("view", "TrainingJob")
def list_algorithms(request):
    """Every algorithm that can train here; `missing` is the command that helps where its libraries aren't installed."""
    return {"items": [_short(one, request.connection.region) for one in entries().values()]}


@router.get("{algorithm}/", response={200: AlgorithmDetailOut, **ERRORS}, summary="Describe a built-in algorithm")
@allowed("view", "TrainingJob")
def describe_algorithm(request, algorithm: str):
    """Its channels, hyperparameters, metrics, and a request with its answer."""
    entry = entries().get(algorithm)
    if entry is None:
        raise Problem(404, f"There is no algorithm {algorithm} here.", "not_found")
    example, region = entry.example, request.connection.region
    return _short(entry, region) | {
        "channels": entry.channels, "hyperparameters": entry.parameters, "snippet": entry.snippet(region),
        "metrics": [{"name": name, "regex": regex} for name, regex in entry.algorithm.metrics],
        "example": {
            "hyperparameters": example.begin, "content_type": example.content_type, "body": example.body,
            "accept": example.accept, "answer": example.answer,
        },
    }  # fmt: skip


def _short(entry: Entry, region: str) -> dict:
    return {
        "name": entry.name, "title": entry.title, "family": entry.family, "about": entry.algorithm.about,
        "image": entry.image.uri(region), "missing": entry.missing,
    }  # fmt: skip
