"""The datasets that ship with the Studio: real ones, from packages that are installed, without network."""

import csv
import gzip
import hashlib
import tempfile
from importlib.util import find_spec
from pathlib import Path

from areas.datasets import cache, runs
from areas.datasets.models import Dataset, DatasetVersion

PENGUINS = {
    "title": "Palmer penguins",
    "description": "Size measurements of 344 adult penguins of three species, from three islands of the Palmer "
                   "Archipelago, Antarctica, 2007 to 2009. A few values are missing, as in life.",
    "label": "species",
    "licence": "CC0 1.0 (data); MIT (palmerpenguins package)",
    "source_url": "https://allisonhorst.github.io/palmerpenguins/",
    "citation": "Horst AM, Hill AP, Gorman KB (2020). palmerpenguins: Palmer Archipelago (Antarctica) penguin data. "
                "doi:10.5281/zenodo.3960218. Data by Dr. Kristen Gorman and the Palmer Station, Antarctica LTER.",
}  # fmt: skip
BREAST_CANCER = {
    "title": "Breast cancer Wisconsin (diagnostic)",
    "description": "Thirty measurements of cell nuclei in 569 images of fine needle aspirates, each with its diagnosis: "
                   "212 malignant, 357 benign.",
    "label": "diagnosis",
    "licence": "CC BY 4.0 (data, UCI); BSD-3-Clause (scikit-learn package)",
    "source_url": "https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
    "citation": "Wolberg W, Mangasarian O, Street N, Street W (1995). Breast Cancer Wisconsin (Diagnostic). "
                "UCI Machine Learning Repository. doi:10.24432/C5DW2B.",
}  # fmt: skip
DIABETES = {
    "title": "Diabetes progression",
    "description": "Ten baseline measurements of 442 diabetes patients, and a measure of how far the disease had "
                   "progressed one year later.",
    "label": "progression",
    "licence": "No licence is stated with the data (published with Efron et al., 2004); BSD-3-Clause (scikit-learn package)",
    "source_url": "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
    "citation": "Efron B, Hastie T, Johnstone I, Tibshirani R (2004). Least angle regression. "
                "The Annals of Statistics 32(2), 407-499. doi:10.1214/009053604000000067.",
}  # fmt: skip


_MEASURED = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry",
             "fractal_dimension")  # fmt: skip
_NUCLEI = (
    [f"mean_{one}" for one in _MEASURED] + [f"{one}_error" for one in _MEASURED] + [f"worst_{one}" for one in _MEASURED]
)
_PATIENT = ["age", "sex", "bmi", "blood_pressure", "total_cholesterol", "ldl", "hdl", "cholesterol_hdl_ratio",
            "log_triglycerides", "glucose"]  # fmt: skip


def _data(package: str, *path: str) -> Path:
    # The package isn't imported: scikit-learn takes seconds, and only its files are wanted.
    return Path(find_spec(package).origin).parent.joinpath(*path)


def penguins(path: Path) -> None:
    path.write_bytes(_data("palmerpenguins", "data", "penguins.csv").read_bytes())


def breast_cancer(path: Path) -> None:
    with _data("sklearn", "datasets", "data", "breast_cancer.csv").open(newline="") as file:
        (_, _, *names), *rows = csv.reader(file)
    _write(path, [*_NUCLEI, "diagnosis"], [[*row[:-1], names[int(row[-1])]] for row in rows])


def diabetes(path: Path) -> None:
    folder = _data("sklearn", "datasets", "data")
    with gzip.open(folder / "diabetes_data_raw.csv.gz", "rt") as file:
        rows = [line.split() for line in file]
    with gzip.open(folder / "diabetes_target.csv.gz", "rt") as file:
        targets = [line.strip() for line in file]
    _write(
        path, [*_PATIENT, "progression"], [[*map(_plain, [*row, one])] for row, one in zip(rows, targets, strict=True)]
    )


def _plain(number: str) -> str:
    value = float(number)
    return str(int(value)) if value.is_integer() else repr(value)


def _write(path: Path, names: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


SEEDS = {
    "penguins": (penguins, PENGUINS),
    "breast-cancer": (breast_cancer, BREAST_CANCER),
    "diabetes": (diabetes, DIABETES),
}


def install(connection) -> list[str]:
    """Make, and profile to the end, every seed that the connection doesn't have; the names of those it made."""
    from areas.datasets.versions import store_version

    made = []
    for name, (write, details) in SEEDS.items():
        if Dataset.objects.filter(connection=connection, name=name, versions__state=DatasetVersion.READY).exists():
            continue
        with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
            path = Path(scratch) / f"{name}.csv"
            write(path)
            version, _ = store_version(
                connection=connection, name=name, path=path, filename=path.name,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(), actor=None, details=details,
            )  # fmt: skip
        runs.profile(connection, {"version": version.pk})
        made.append(name)
    return made
