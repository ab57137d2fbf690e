"""The declaration of a built-in algorithm: what it is called, takes and reports. Standard library only.

Each built-in has a package ``areas.algorithms.<name>`` with ``declaration.py`` (``ALGORITHM`` and ``check``), ``train.py`` and
``serve.py`` (``main`` each), and its name in ``areas.algorithms.images.BUILT_IN``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from areas.algorithms.container import UserError
from areas.algorithms.frame import types
from areas.algorithms.frame.hyperparameters import Hyperparameter, parse

# Registry accounts of the algorithms' families in us-east-1; images are found by repository, whatever the account.
FAMILY_A, FAMILY_B, FAMILY_C, FAMILY_D = "382416733822", "811284229777", "522234722520", "766337827248"


@dataclass(frozen=True)
class Channel:
    """An input of a training job.

    ``labels``: "required" (CSV has the label first, records have one), "ignored" (it may be there, and isn't used),
    or "none" for data that isn't rows of numbers. ``label_size`` is how many columns of a CSV are labels if its ContentType
    doesn't say. ``distribution`` is the only S3DataDistributionType it takes, if there is only one.
    """

    name: str
    about: str = ""
    required: bool = False
    formats: tuple[str, ...] = ("csv", "recordio")  # kinds of areas.algorithms.frame.types
    default: str = "recordio"  # the kind where the job gives no ContentType
    labels: str = "required"
    label_size: int = 1
    modes: tuple[str, ...] = ("File", "FastFile", "Pipe")
    distribution: str = ""


@dataclass(frozen=True)
class Algorithm:
    """One built-in algorithm."""

    package: str  # "areas.algorithms.kmeans"
    repository: str  # "kmeans"
    title: str  # "K-Means"
    about: str  # what it is for, in one sentence
    parameters: tuple[Hyperparameter, ...]
    channels: tuple[Channel, ...]
    metrics: tuple[tuple[str, str], ...] = ()  # (name, regular expression), as Describe shows them
    together: Callable[[dict], None] | None = None  # raises UserError for values that don't go together
    # Reads a file or bytes (and its name for complaints) into a Table, where the data isn't rows of float32.
    read: Callable[[Path | bytes, str], Any] | None = None
    account: str = FAMILY_A
    versions: tuple[str, ...] = ("1", "latest")
    hosts: int = 0  # the most instances it trains on; 0: any number
    extra: str = ""  # "torch", "tabular": the environment that it runs in
    preloaded: bool = True
    family: str = ""  # "classification", "clustering" …: its place in the gallery

    @property
    def example(self):
        """A request, its answer, and what to begin with: ``areas.algorithms.examples.Example``."""
        from areas.algorithms import examples

        return examples.of(self)

    def parse(self, hyperparameters: dict[str, str]) -> dict:
        """Values of a job's hyperparameters, defaults filled in. UserError in the algorithm's words."""
        given = parse(self.parameters, hyperparameters)
        if self.together:
            self.together(given)
        return given

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        """Raise UserError (a ValueError) if the algorithm can't run with these.

        Args:
            hyperparameters: as in ``hyperparameters.json``, all strings.
            channels: as in ``inputdataconfig.json``: {name: {"ContentType": …, "TrainingInputMode": …,
                "S3DistributionType": …}}, each of which may be missing.
        """
        self.parse(hyperparameters)
        known = {channel.name: channel for channel in self.channels}
        for name in channels:
            if name not in known:
                raise UserError(
                    f"Additional properties are not allowed ('{name}' was unexpected) in the input channels"
                )
        for channel in self.channels:
            if channel.name in channels:
                _check_channel(channel, channels[channel.name])
            elif channel.required:
                raise UserError(f"'{channel.name}' is a required property of the input channels")

    def channel(self, name: str) -> Channel:
        return next(channel for channel in self.channels if channel.name == name)

    def check_hosts(self, count: int) -> None:
        """Raise UserError if it can't train on that many instances."""
        if self.hosts and count > self.hosts:
            many = "a single instance" if self.hosts == 1 else f"at most {self.hosts} instances"
            raise UserError(f"{self.title} trains on {many} only, but ResourceConfig.InstanceCount is {count}")


def _check_channel(channel: Channel, settings: dict) -> None:
    given = settings.get("ContentType")
    kind, parameters = types.content_type(given, channel.default)
    if kind not in channel.formats:
        accepted = ", ".join(types.NAMES[one] for one in channel.formats)
        raise UserError(
            f"The ContentType {given!r} of channel '{channel.name}' is not valid under any of the given schemas: "
            f"it must be one of {accepted}"
        )
    if kind == "csv":
        size = parameters.get("label_size", "")
        if size and size not in ("0", "1"):
            raise UserError(f"label_size of channel '{channel.name}' must be 0 or 1, not {size}")
        if size == "0" and channel.labels == "required":
            raise UserError(f"Channel '{channel.name}' needs labels, but its ContentType says label_size=0")
    mode = settings.get("TrainingInputMode") or "File"
    if mode not in channel.modes:
        raise UserError(f"Channel '{channel.name}' takes TrainingInputMode {' or '.join(channel.modes)}, not {mode}")
    distribution = settings.get("S3DistributionType") or channel.distribution
    if channel.distribution and distribution != channel.distribution:
        raise UserError(
            f"Channel '{channel.name}' takes S3DataDistributionType {channel.distribution} only, not {distribution}"
        )
