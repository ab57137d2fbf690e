"""The images are declared without importing what they run."""

import re
import subprocess
import sys

import pytest

from areas.algorithms.images import IMAGES
from areas.images import find
from tests.areas.algorithms.data import as_csv
from tests.areas.algorithms.stage import ROOT


def test_importing_the_declarations_imports_nothing_heavy():
    heavy = {"numpy", "xgboost", "pyarrow", "django", "uvloop"}
    program = f"import sys, areas.algorithms.images; print(*(sys.modules.keys() & {heavy}))"
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def test_every_function_that_an_image_names_exists():
    from importlib import import_module

    for image in IMAGES:
        for target in filter(None, (image.train, image.serve, image.check)):
            module, _, function = target.partition(":")
            assert callable(getattr(import_module(module), function)), target


def test_account_region_and_tag_of_the_uri_do_not_matter():
    assert find("141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1").title == "XGBoost"
    assert find("1.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.2-1-cpu-py3").title == "scikit-learn"
    assert find("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1").builtin


@pytest.mark.parametrize(
    ("objective", "metrics"),
    [("reg:squarederror", "rmse,mae,mse,r2"), ("reg:tweedie", "tweedie-nloglik"), ("count:poisson", "")],
)
def test_the_metric_definitions_find_what_training_prints(job, diabetes, objective, metrics):
    """CloudWatch shows a tab as #011, and the image's regular expressions are written for that."""
    job.put("train", "t.csv", as_csv(diabetes[0]))
    job.put("validation", "v.csv", as_csv(diabetes[1]))
    given = {"eval_metric": metrics} if metrics else {}
    assert job.train(num_round=2, objective=objective, **given) == 0, job.log
    line = next(line for line in job.log.splitlines() if line.startswith("[1]"))
    found = {
        name: float(match[1])
        for name, pattern in find("x/sagemaker-xgboost:1").metrics
        if (match := re.search(pattern, line.replace("\t", "#011")))
    }
    wanted = {name.partition("@")[0].replace("-", ":", 1): value for name, value in job.metrics()[1].items()}
    assert found == wanted
