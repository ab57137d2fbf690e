"""The built-in algorithm, which runs in a fork of the preloaded process."""

import xgboost

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


def test_the_log_is_cloudwatchs_and_every_channel_has_its_metrics(training):
    """An image of another region; no MetricDefinitions are sent; a tab of the log is stored as #011."""
    given = request(training, {"num_round": "3", "objective": "reg:squarederror"})
    given["algorithm"] = {"TrainingImage": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"}
    train = given["InputDataConfig"][0]
    done = training.run(**given | {"InputDataConfig": [train, train | {"ChannelName": "validation"}]})
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    told = {item["Name"]: item["Regex"] for item in done["AlgorithmSpecification"]["MetricDefinitions"]}
    assert "#011validation-rmse" in told["validation:rmse"]
    rounds = [line for line in training.lines(done["TrainingJobName"]) if "#011train-rmse:" in line]
    assert [line.partition("#011")[0] for line in rounds] == ["[0]", "[1]", "[2]"]
    assert "\t" not in "".join(rounds)
    metrics = {item["MetricName"]: item["Value"] for item in done["FinalMetricDataList"]}
    assert set(metrics) == {"train:rmse", "validation:rmse"}
    assert f"{metrics['train:rmse']:.5f}" == rounds[-1].split("#011")[1].removeprefix("train-rmse:")
    model = xgboost.Booster(model_file=bytearray(training.model(done)["xgboost-model"]))
    assert (model.num_boosted_rounds(), model.num_features()) == (3, 2)


def test_a_missing_hyperparameter_fails_in_the_algorithms_words(training):
    done = training.run(**request(training, {"eta": "0.1"}))
    assert done["TrainingJobStatus"] == "Failed"
    assert (
        done["FailureReason"] == "AlgorithmError: UserError: Missing required hyperparameter: num_round, exit code: 1"
    )
