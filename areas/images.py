"""Container images that the embedded engine can play: which code stands behind an image URI. Standard library only."""

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from areas.index import modules

EXTRAS = Path(__file__).resolve().parents[1] / ".venv" / "extras"


@dataclass(frozen=True)
class Image:
    """One repository. ``train``, ``serve`` and ``process`` are ``module:function``, called without arguments inside the container.

    The function reads ``/opt/ml`` (or ``SAGEMAKER_BASE_DIR``) and returns an exit code; an exception is exit code 1.
    ``serve`` answers HTTP on the listening socket whose descriptor is in ``ATELIER_LISTEN_FD``, until SIGTERM.
    """

    repository: str  # "sagemaker-xgboost"
    title: str  # "XGBoost"
    versions: tuple[str, ...]  # the first is the one that the Studio offers
    train: str = ""
    serve: str = ""
    process: str = ""  # what a processing job runs that names no entrypoint of its own
    preloaded: bool = False  # run in a fork of the preloaded process instead of a fresh interpreter
    builtin: bool = False  # the algorithm is in the image: no script needed, metric definitions are the image's own
    check: str = ""  # module:function(hyperparameters, channels) that raises ValueError with the algorithm's own words
    declaration: str = ""  # module:object, a built-in's areas.algorithms.frame.algorithm.Algorithm; "" if it has none
    metrics: tuple[tuple[str, str], ...] = ()  # (name, regular expression) where the image defines them
    extra: str = ""  # "torch": its libraries are those of an extra, installed by ``make extra-torch`` beside our own
    account: str = "683313688378"

    @property
    def python(self) -> str:
        """The interpreter that its code runs in: ours, or that of its extra."""
        return str(EXTRAS / self.extra / "bin" / "python") if self.extra else sys.executable

    @property
    def algorithm(self):
        """What a built-in algorithm declares of itself (hyperparameters, channels …); None if it declares nothing."""
        module, _, name = self.declaration.partition(":")
        return getattr(import_module(module), name) if module else None

    @property
    def missing(self) -> str:
        """Why it can't run on this machine, in one sentence that names the command that helps; "" if it can."""
        if not self.extra or Path(self.python).exists():
            return ""
        return f"The image {self.repository} needs libraries that are not installed: run make extra-{self.extra}"

    def uri(self, region: str = "us-east-1", version: str = "") -> str:
        return f"{self.account}.dkr.ecr.{region}.amazonaws.com/{self.repository}:{version or self.versions[0]}"


@dataclass(frozen=True)
class Recipe:
    """An algorithm of AWS's without an image of its own: a script in a bucket that AWS shares, run in an image for scripts."""

    name: str  # its id in JumpStart: "lightgbm-regression-model"
    title: str
    training: str  # repository of the image that trains
    inference: str  # repository of the image that serves
    declaration: str  # module:dictionary of areas.algorithms.frame.algorithm.Algorithm by name
    source: str  # where the script lies, with {region}: "s3://jumpstart-cache-prod-{region}/…/sourcedir.tar.gz"
    model: str  # what its channel "model" gets
    program: str = "transfer_learning.py"
    serving_source: str = ""  # where the archive with inference.py lies, with {region}

    @property
    def image(self) -> Image:
        return images()[self.training]

    @property
    def algorithm(self):
        module, _, name = self.declaration.partition(":")
        return getattr(import_module(module), name)[self.name]

    @property
    def missing(self) -> str:
        return self.image.missing


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe by its name, from the areas' ``images`` modules."""
    found = (recipe for module in modules("images") for recipe in getattr(module, "RECIPES", ()))
    return {recipe.name: recipe for recipe in found}


def recipe_behind(source: str) -> Recipe | None:
    """The recipe whose script, to train or to serve, lies at an S3 URI, in whatever version and region."""
    for recipe in recipes().values():
        for uri in (recipe.source, recipe.serving_source):
            pattern = re.escape(uri).replace(re.escape("{region}"), "[a-z0-9-]+")
            if uri and re.fullmatch(re.sub(r"/v[\d\\.]+/", r"/v[0-9.]+/", pattern), source):
                return recipe
    return None


def algorithm_behind(uri: str, environment: dict[str, str]):
    """What the algorithm of a model's container declares of itself; None where somebody's own script answers."""
    if recipe := recipe_behind(environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")):
        return recipe.algorithm
    image = find(uri)
    return image.algorithm if image and not environment.get("SAGEMAKER_PROGRAM") else None


@cache
def images() -> dict[str, Image]:
    """Every image by repository, from the areas' ``images`` modules."""
    return {image.repository: image for module in modules("images") for image in module.IMAGES}


def find(uri: str) -> Image | None:
    """The image behind a URI: routed by repository name, whatever the account, region and tag. None if there is none."""
    name = uri.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return images().get(name)
