"""What a new form holds, and what follows from a choice: nobody should have to type what can be known."""

import json

from areas.training import datasets, names, parameters, scripts
from areas.training.chosen import CONTENT_TYPES, Chosen

SHORT = {"sagemaker-xgboost": "xgboost", "sagemaker-scikit-learn": "sklearn"}


def starting_values(connection, query: dict) -> dict:
    """What a new form holds: the asked-for or first dataset, its usual label, what suits both."""
    offered = [choice.value for choice in datasets.choices(connection)]
    wanted = f"{query.get('dataset', '')}/v{str(query.get('version', '')).removeprefix('v')}"
    if query.get("dataset") and not query.get("version"):
        wanted = next((value for value in offered if value.startswith(f"{query['dataset']}/v")), wanted)
    # An unknown one stays, so that the form can say that there is none, instead of training on another.
    chosen = wanted if query.get("dataset") else (offered[0] if offered else "")
    algorithm = query.get("algorithm") or "sagemaker-xgboost"
    can_learn = Chosen(algorithm).takes_datasets
    content_type = "text/csv" if can_learn else CONTENT_TYPES[Chosen(algorithm).algorithm.channels[0].formats[0]][0]
    values = {
        "algorithm": algorithm,
        "source": "dataset" if query.get("dataset") or (offered and can_learn) else "s3",
        "dataset": chosen,
        "label": query.get("label", ""),
        "output": f"s3://{connection.default_bucket}/training/",
        "role": connection.execution_role_arn,
        "content_type": content_type,
    }
    return values | suggested(connection, values)


def suggested(connection, values: dict) -> dict:
    """What follows from dataset, label and algorithm: label if none, name, split, objective, hyperparameters, script."""
    version = None if values.get("source") == "s3" else datasets.find_version(connection, values.get("dataset", ""))
    repository, _, script = values.get("algorithm", "").partition(":")
    found = {}
    label = values.get("label", "")
    if version:
        columns = [column["name"] for column in version.columns]
        label = label if label in columns else datasets.usual_label(version)
        found["label"] = label
        found["features"] = datasets.usual_features(version, label)
        try:
            advice = datasets.suggest(version, label)
        except datasets.NotPossible:
            advice = {}
        found["method"] = "random" if advice.get("problem") == "regression" else "stratified"
        found |= _from_advice(advice)
        chosen = Chosen(values.get("algorithm", ""))
        if chosen.algorithm and not chosen.is_xgboost:
            found = {name: value for name, value in found.items() if not name.startswith("hp_")}
            found |= _for_algorithm(chosen, advice, version, found["features"])
    if script:
        found["script"] = scripts.SCRIPTS.get(repository, "")
        found["metric_definitions"] = scripts.METRICS.get(repository, "")
        found["script_parameters"] = _script_parameters(repository, found)
    stem = SHORT.get(repository, repository.split("-")[0])
    found["name"] = names.next_name(connection, f"{version.dataset.name}-{stem}" if version else stem)
    return found


def _from_advice(advice: dict) -> dict:
    found = {name: str(advice.get(name) or "") for name in parameters.ASKED}
    for name, value in (advice.get("hyperparameters") or {}).items():
        if name in parameters.ASKED:
            found[name] = str(value)
        else:
            found[f"hp_{name}"] = str(value) if isinstance(value, (str, int, float)) else json.dumps(value)
    return found


def _for_algorithm(chosen: Chosen, advice: dict, version, features: list[str]) -> dict:
    """What the data says of a built-in's required hyperparameters; what it doesn't say is what one begins with."""
    problem, classes = advice.get("problem", ""), str(advice.get("num_class") or "")
    kinds = ("regressor",) if problem == "regression" else ("multiclass_classifier", "classifier")
    kinds = ("binary_classifier", "classifier") if problem == "binary" else kinds
    begin = chosen.algorithm.example.begin | {
        "feature_dim": str(len(features)), "num_classes": classes, "sample_size": str(version.rows or 1000),
        "num_components": str(min(len(features), 3)),
    }  # fmt: skip
    found = {}
    for one in chosen.parameters:
        if one.name == "predictor_type":
            found["hp_predictor_type"] = next((kind for kind in kinds if kind in one.choices), "")
        elif one.name in begin and (one.required or one.name == "num_classes"):
            found[f"hp_{one.name}"] = begin[one.name]
    return found


def _script_parameters(repository: str, found: dict) -> str:
    objective = found.get("objective", "")
    if repository == "sagemaker-scikit-learn":
        return "trees = 100\nproblem = " + ("regression" if objective.startswith("reg:") else "classification")
    if repository == "sagemaker-xgboost":
        lines = ["rounds = 50"] + ([f"objective = {objective}"] if objective else [])
        return "\n".join(lines + ([f"num_class = {found['num_class']}"] if found.get("num_class") else []))
    return "epochs = 50\nlr = 0.01"
