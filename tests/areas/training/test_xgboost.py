"""The built-in algorithm, which runs in a fork of the preloaded process."""

from areas import images

IMAGE = "sagemaker-xgboost"


def request(training, hyperparameters: dict) -> dict:
    rows = "\n".join(f"{i % 2},{i % 2 + i * 0.001:.3f},{i % 7}" for i in range(400))
    uri = training.put("xgb/train.csv", rows)
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {
        "algorithm": {"TrainingImage": images.images()[IMAGE].uri()},
        "hyperparameters": hyperparameters,
        "InputDataConfig": [
            {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
        ],
    }


def test_it_trains_with_the_images_own_metrics(training):
    given = request(training, {"num_round": "5", "objective": "binary:logistic"})
    done = training.run(**given, metrics=[("mine", "nothing (.*)")])
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    names = {item["Name"] for item in done["AlgorithmSpecification"]["MetricDefinitions"]}
    assert "train:logloss" in names
    assert "mine" not in names
    assert [item["MetricName"] for item in done["FinalMetricDataList"]] == ["train:logloss"]
    assert list(training.model(done)) == ["xgboost-model"]


def test_an_unknown_hyperparameter_fails_in_the_algorithms_words(training):
    done = training.run(**request(training, {"num_round": "5", "nonsense": "1"}))
    assert done["TrainingJobStatus"] == "Failed"
    assert "Extraneous hyperparameter found: nonsense" in done["FailureReason"]
