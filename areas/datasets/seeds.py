"""The datasets that ship with the Studio: real ones, from packages that are installed, without network."""

import csv
import hashlib
import tempfile
from importlib.resources import files
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


def penguins(path: Path) -> None:
    path.write_bytes((files("palmerpenguins") / "data" / "penguins.csv").read_bytes())


def breast_cancer(path: Path) -> None:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    names = [name.replace(" ", "_") for name in bunch.feature_names]
    _write(path, [*names, "diagnosis"], bunch.data, [str(bunch.target_names[one]) for one in bunch.target])


def diabetes(path: Path) -> None:
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    serum = {"s1": "total_cholesterol", "s2": "ldl", "s3": "hdl", "s4": "cholesterol_hdl_ratio", "s5": "log_triglycerides",
             "s6": "glucose", "bp": "blood_pressure"}  # fmt: skip
    names = [serum.get(name, name) for name in bunch.feature_names]
    _write(path, [*names, "progression"], bunch.data, bunch.target)


def _write(path: Path, names: list[str], data, target) -> None:
    def plain(value):
        return int(value) if not isinstance(value, str) and float(value).is_integer() else value

    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row, label in zip(data.tolist(), target, strict=True):
            writer.writerow([*map(plain, row), plain(label)])


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
