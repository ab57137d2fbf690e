"""What debugger and profiler add to a training job's containers, and where what those leave goes."""

from pathlib import Path

from areas.debugger.engine.checks import LOCAL
from areas.debugger.engine.starting import profile_of, profiler_uri, tensors_uri
from catalog.models import Record
from engine.runtime import data
from engine.runtime.additions import adds_to, mirrors

LIBRARY = Path(__file__).resolve().parents[1] / "lib"  # what scripts may import to save tensors
HOOKS = {"sagemaker-xgboost": "areas.debugger.hook.xgboost", "xgboost": "areas.debugger.hook.xgboost"}


@adds_to("TrainingJob")
def add(record: Record, specs: list[dict]) -> None:
    """The hook and the folder that it writes, of the first host; the sampler, of every host."""
    document = record.document
    if config := document.get("DebugHookConfig"):
        folder = (config.get("LocalPath") or LOCAL).removeprefix("/opt/ml/").rstrip("/")
        specs[0]["sync"] = [*specs[0].get("sync", ()), {"from": folder, "to": "tensors"}]
        specs[0]["env"] = {**specs[0]["env"], **hook_of(document), "ATELIER_LIBRARIES": str(LIBRARY)}
    for spec in specs:
        spec["profile"] = profile_of(document)


def hook_of(document: dict) -> dict[str, str]:
    """The environment that names the hook of a built-in algorithm; {} where there is none."""
    image = document["AlgorithmSpecification"].get("TrainingImage", "").rpartition("/")[2].partition(":")[0]
    return {"ATELIER_HOOK": HOOKS[image]} if image in HOOKS else {}


@mirrors("TrainingJob", "tensors")
def keep_tensors(record: Record, folder: Path, since: float) -> None:
    data.mirror(record, folder, tensors_uri(record), since, delete=False)


@mirrors("TrainingJob", "profiler")
def keep_samples(record: Record, folder: Path, since: float) -> None:
    data.mirror(record, folder, profiler_uri(record), since, delete=False)
