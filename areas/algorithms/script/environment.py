"""What a script sees of its job: arguments and SM_ variables, as SageMaker's training toolkit sets them."""

import json
import os
from pathlib import PurePosixPath

from areas.algorithms.container import Container, cpu_count

_RESERVED = {"_tuning_objective_metric"}


def decoded(hyperparameters: dict[str, str]) -> dict:
    """Hyperparameters as JSON values; what isn't JSON stays the text that it is."""
    found = {}
    for name, text in hyperparameters.items():
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def of_user(hyperparameters: dict) -> dict:
    """Without those meant for the toolkit: ``sagemaker_…`` and the tuner's objective."""
    return {
        name: value
        for name, value in hyperparameters.items()
        if not name.startswith("sagemaker_") and name not in _RESERVED
    }


def arguments(hyperparameters: dict) -> list[str]:
    """``{"epochs": 3, "b": {"x": 1}}`` → ["-b", "x=1", "--epochs", "3"]: sorted by name."""
    found = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        if isinstance(value, dict):
            value = ",".join(f"{key}={value[key]}" for key in sorted(value))
        found += [f"-{name}" if len(name) == 1 else f"--{name}", "" if value is None else str(value)]
    return found


def encode(value) -> str:
    """A variable's text: a string as it is, nothing for None, else compact JSON with sorted keys."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def variables(box: Container, program: str, given: dict) -> dict[str, str]:
    """All variables of the toolkit. ``given`` are the job's decoded hyperparameters, ``program`` the entry point."""
    user, resources, base = of_user(given), box.resources, str(box.base)
    host = resources["current_host"]
    groups = resources.get("instance_groups") or [
        {"instance_group_name": "homogeneousCluster", "instance_type": "local", "hosts": resources["hosts"]}
    ]
    by_name = {group["instance_group_name"]: group for group in groups}
    current = by_name.get(resources.get("current_group_name") or "", groups[0])
    channels = {name: str(box.channel(name)) for name in sorted(box.channels)}
    # Facts that are both variables of their own and members of SM_TRAINING_ENV.
    facts = {
        "model_dir": str(box.model),
        "input_dir": f"{base}/input",
        "input_config_dir": f"{base}/input/config",
        "output_dir": str(box.output),
        "output_data_dir": f"{base}/output/data",
        "output_intermediate_dir": f"{base}/output/intermediate",
        "current_host": host,
        "hosts": resources["hosts"],
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "current_instance_type": resources.get("current_instance_type", current["instance_type"]),
        "current_instance_group": current["instance_group_name"],
        "current_instance_group_hosts": current["hosts"],
        "instance_groups": list(by_name),
        "instance_groups_dict": by_name,
        "distribution_instance_groups": [],
        "is_hetero": len(groups) > 1,
        "num_cpus": cpu_count(),
        "num_gpus": 0,
        "num_neurons": 0,
        "log_level": given.get("sagemaker_container_log_level", 20),
        "module_dir": str(given.get("sagemaker_submit_directory") or box.code),
        "module_name": PurePosixPath(program).stem,
        "framework_module": None,
        "resource_config": resources,
        "input_data_config": box.channels,
    }
    whole = {
        **facts,
        "channel_input_dirs": channels,
        "hyperparameters": user,
        "job_name": job_name(given),
        "master_hostname": resources["hosts"][0],
        "is_master": host == resources["hosts"][0],
        "additional_framework_parameters": {},
        "user_entry_point": program,
    }
    found = {f"SM_{name.upper()}": encode(value) for name, value in facts.items()}
    found |= {f"SM_CHANNEL_{name.upper()}": path for name, path in channels.items()}
    found |= {f"SM_HP_{name.upper()}": encode(value) for name, value in user.items()}
    found |= {
        "SM_CHANNELS": encode(list(channels)),
        "SM_HPS": encode(user),
        "SM_USER_ARGS": encode(arguments(user)),
        "SM_USER_ENTRY_POINT": program,
        "SM_FRAMEWORK_PARAMS": "{}",
        "SM_TRAINING_ENV": encode(whole),
        "CURRENT_HOST": host,
        "SAGEMAKER_JOB_NAME": job_name(given),
        "SAGEMAKER_REGION": str(given.get("sagemaker_region") or os.environ.get("AWS_REGION", "")),
    }
    return found


def job_name(given: dict) -> str:
    return str(given.get("sagemaker_job_name") or os.environ.get("TRAINING_JOB_NAME", ""))
