"""A card with everything in it, as an analyst would write it."""

CONTENT = {
    "model_overview": {
        "model_name": "churn", "model_id": "churn-model", "model_version": 3, "problem_type": "Binary classification",
        "model_description": "Tells which customers will leave within 30 days.", "algorithm_type": "XGBoost",
        "model_creator": "Growth analytics", "model_owner": "Ana Müller",
        "model_artifact": ["s3://models/churn/model.tar.gz"],
        "inference_environment": {"container_image": ["683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"]},
    },
    "intended_uses": {
        "purpose_of_model": "Decide whom the retention team calls first.",
        "intended_uses": "Weekly ranking of consumer contracts. Not for prices, not for credit.",
        "factors_affecting_model_efficiency": "New tariffs shift usage for about six weeks.",
        "risk_rating": "Medium", "explanations_for_risk_rating": "A wrong call costs a few minutes, not a contract.",
    },
    "business_details": {
        "business_problem": "One in nine customers leaves in a year.", "business_stakeholders": "Retention, finance",
        "line_of_business": "Consumer contracts",
    },
    "training_details": {
        "objective_function": {"function": {"function": "Maximize", "facet": "AUC", "condition": "on the last quarter"},
                               "notes": "Rare classes count by rank."},
        "training_observations": "Stopped early after 212 rounds.",
        "training_job_details": {
            "training_arn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn-3",
            "training_datasets": ["s3://data/churn/train/", "s3://data/churn/validation/"],
            "training_environment": {"container_image": ["683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"]},
            "training_metrics": [{"name": "validation:auc", "value": 0.9123}, {"name": "train:auc", "value": 0.9471}],
            "user_provided_training_metrics": [{"name": "hours", "value": 0.4, "notes": "one ml.m5.large"}],
            "hyper_parameters": [{"name": "eta", "value": "0.1"}, {"name": "max_depth", "value": "6"}],
        },
    },
    "evaluation_details": [
        {
            "name": "Holdout of 2025-Q4", "evaluation_observation": "Holds for every tariff but the newest one.",
            "evaluation_job_arn": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/churn-eval-3",
            "datasets": ["s3://data/churn/test/"], "metadata": {"rows": "48211", "seed": "7"},
            "metric_groups": [
                {"name": "Quality", "metric_data": [
                    {"name": "auc", "type": "number", "value": 0.9061, "notes": "above the 0.88 that was asked for"},
                    {"name": "calibrated", "type": "boolean", "value": True},
                    {"name": "verdict", "type": "string", "value": "better than version 2"},
                ]},
                {"name": "Curves", "metric_data": [
                    {"name": "ROC", "type": "linear_graph", "x_axis_name": "False positive rate",
                     "y_axis_name": "True positive rate",
                     "value": [[0, 0], [0.02, 0.41], [0.1, 0.72], [0.25, 0.88], [0.5, 0.96], [1, 1]]},
                    {"name": "Importance", "type": "bar_chart", "y_axis_name": "Gain",
                     "x_axis_name": ["tenure", "calls", "tariff", "region"], "value": [41.2, 22.5, 9.1, -1.4]},
                    {"name": "Confusion", "type": "matrix", "x_axis_name": ["stays", "leaves"],
                     "y_axis_name": ["stays", "leaves"], "value": [[40012, 2311], [1204, 4684]]},
                ]},
            ],
        }
    ],
    "additional_information": {
        "ethical_considerations": "Age and postcode were left out on purpose.",
        "caveats_and_recommendations": "Retrain when the tariffs change.",
        "custom_details": {"Data owner": "data-office@example.com"},
    },
}  # fmt: skip
