"""The same job with the SageMaker Python SDK, version 3."""

from areas.snippets import literal


def sdk_code(form, draft) -> str:
    """Python that trains the same job with ``sagemaker.train.ModelTrainer``."""
    request = draft.request
    channels = "".join(
        f"    InputData(channel_name={literal(one['ChannelName'])}, "
        f"data_source={literal(one['DataSource']['S3DataSource']['S3Uri'])}, "
        f"content_type={literal(one.get('ContentType') or None)}),\n"
        for one in request["InputDataConfig"]
    )
    source = '    source_code=SourceCode(source_dir="code", entry_script="train.py"),\n' if form.is_script else ""
    imports = "Compute, InputData, OutputDataConfig, StoppingCondition" + (", SourceCode" if form.is_script else "")
    given = {name: value for name, value in request["HyperParameters"].items() if not name.startswith("sagemaker_")}
    rules = "# ModelTrainer takes no rules of Debugger: send them with boto3 or the AWS CLI.\n"
    return (
        f"{rules if request.get('DebugRuleConfigurations') else ''}"
        "from sagemaker.train import ModelTrainer\n"
        f"from sagemaker.core.training.configs import {imports}\n\n"
        "trainer = ModelTrainer(\n"
        f"    training_image={literal(request['AlgorithmSpecification']['TrainingImage'])},\n"
        f"    role={literal(request['RoleArn'])},\n"
        f"    base_job_name={literal(request['TrainingJobName'])},\n"
        f"    hyperparameters={literal(given, 1)},\n{source}"
        f"    compute=Compute({_compute(request)}),\n"
        f"    output_data_config=OutputDataConfig(s3_output_path={literal(request['OutputDataConfig']['S3OutputPath'])}),\n"
        "    stopping_condition=StoppingCondition("
        f"max_runtime_in_seconds={request['StoppingCondition']['MaxRuntimeInSeconds']}{_wait(request)}),\n"
        f")\ntrainer.train(input_data_config=[\n{channels}])\n"
    )


def _compute(request: dict) -> str:
    resources = request["ResourceConfig"]
    words = [f"instance_type={literal(resources['InstanceType'])}", f"instance_count={resources['InstanceCount']}"]
    if "KeepAlivePeriodInSeconds" in resources:
        words.append(f"keep_alive_period_in_seconds={resources['KeepAlivePeriodInSeconds']}")
    if request.get("EnableManagedSpotTraining"):
        words.append("enable_managed_spot_training=True")
    return ", ".join(words)


def _wait(request: dict) -> str:
    longest = request["StoppingCondition"].get("MaxWaitTimeInSeconds")
    return f", max_wait_time_in_seconds={longest}" if longest else ""
