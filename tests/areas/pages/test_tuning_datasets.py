"""The tuning form knows of a dataset what an algorithm has to be told."""

import pytest


@pytest.mark.parametrize(
    ("algorithm", "static", "metric"),
    [("kmeans", "feature_dim = ", "test:msd"), ("linear-learner", "predictor_type = multiclass_classifier",
      "validation:objective_loss"),
     ("lightgbm-classification-model", "", "multi_logloss")],
)  # fmt: skip
def test_an_algorithm_on_a_dataset_is_tuned_without_typing(walk, algorithm, static, metric):
    page = walk.get(f"/hyper-parameter-tuning-jobs/create/?algorithm={algorithm}&dataset=penguins")
    assert static in page
    assert f'value="{metric}"' in page
    assert "datasets.prepare" not in page
    assert "s3://jumpstart-cache-prod-" in page if "lightgbm" in algorithm else "prepared/v1/" in page
