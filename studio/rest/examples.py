"""Bodies to start from, shown in the API's description: one for the Create and the Update of each noun."""

import json

from areas.images import images

BUCKET = "s3://sagemaker-us-east-1-000000000000"
ROLE = "arn:aws:iam::000000000000:role/AtelierExecutionRole"
IMAGE = images()["sagemaker-xgboost"].uri()


def _channel(name: str) -> dict:
    where = {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/datasets/penguins/prepared/v1/0123456789abcdef/{name}/"}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": where}}


CREATE = {
    "TrainingJob": {
        "TrainingJobName": "penguins-1",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"objective": "multi:softprob", "num_class": "3", "num_round": "60"},
        "InputDataConfig": [_channel("train"), _channel("validation")],
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/output/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    "HyperParameterTuningJob": {
        "HyperParameterTuningJobName": "penguins-tune",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:mlogloss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
                ],
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "8"}],
            },
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"objective": "multi:softprob", "num_class": "3", "num_round": "60"},
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "InputDataConfig": [_channel("train"), _channel("validation")],
            "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/output/"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    },
    "ProcessingJob": {
        "ProcessingJobName": "penguins-prepared-1",
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": images()["sagemaker-scikit-learn"].uri(),
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/prepare.py"],
        },
        "ProcessingInputs": [
            {
                "InputName": "code",
                "S3Input": {
                    "S3Uri": f"{BUCKET}/code/prepare.py",
                    "LocalPath": "/opt/ml/processing/input/code",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            },
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "train",
                    "S3Output": {
                        "S3Uri": f"{BUCKET}/prepared/",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                },
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    "TransformJob": {
        "TransformJobName": "penguins-1",
        "ModelName": "penguins",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/records/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/transform/", "Accept": "text/csv", "AssembleWith": "Line"},
        "DataProcessing": {"JoinSource": "Input"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
    "Model": {
        "ModelName": "penguins",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": f"{BUCKET}/output/penguins-1/output/model.tar.gz"},
    },
    "ModelPackageGroup": {
        "ModelPackageGroupName": "penguins",
        "ModelPackageGroupDescription": "Species by bill and flipper",
    },
    "ModelPackage": {
        "ModelPackageGroupName": "penguins",
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"{BUCKET}/output/penguins-1/output/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "CustomerMetadataProperties": {"owner": "birds"},
    },
    "EndpointConfig": {
        "EndpointConfigName": "penguins",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "penguins",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    },
    "Endpoint": {"EndpointName": "penguins", "EndpointConfigName": "penguins"},
    "ModelCard": {
        "ModelCardName": "penguins",
        "ModelCardStatus": "Draft",
        "Content": json.dumps({"model_overview": {"model_description": "Species by bill and flipper"}}),
    },
    "Experiment": {"ExperimentName": "penguins", "Description": "How deep must trees be?"},
    "Trial": {"TrialName": "penguins-trees", "ExperimentName": "penguins"},
    "TrialComponent": {"TrialComponentName": "penguins-by-hand", "DisplayName": "Penguins by hand"},
    "Action": {
        "ActionName": "penguins-review",
        "ActionType": "Review",
        "Source": {"SourceUri": "https://example.org/reviews/1"},
        "Status": "Completed",
    },
    "Context": {
        "ContextName": "penguins-study",
        "ContextType": "Study",
        "Source": {"SourceUri": "https://example.org/studies/penguins"},
    },
}

# Without what names the thing: that is in the address.
UPDATE = {
    "TrainingJob": {"ResourceConfig": {"KeepAlivePeriodInSeconds": 0}},
    "Endpoint": {"EndpointConfigName": "penguins-2"},
    "ModelPackage": {"CustomerMetadataProperties": {"owner": "birds"}},
    "ModelCard": {"ModelCardStatus": "PendingReview"},
    "Experiment": {"Description": "How deep must trees be, and how many?"},
    "Trial": {"DisplayName": "penguins-by-trees"},
    "TrialComponent": {"DisplayName": "Penguins, by hand"},
    "Action": {"Status": "Completed", "Properties": {"reviewer": "rosa"}},
    "Context": {"Description": "Penguins of three islands"},
}

TAGS = {"team": "birds", "stage": "trial"}


def shown(example: dict | None) -> dict:
    """openapi_extra of a route with a JSON body."""
    content = {"application/json": {"example": example} if example else {}}
    return {"requestBody": {"required": True, "content": content}}
