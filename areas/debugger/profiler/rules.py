"""The profiler's rules: each looks at all samples so far and says how often it was met.

Without a GPU the rules about GPUs are never met. Source: developer guide "List of Debugger built-in rules", profiler rules.
"""

from dataclasses import dataclass, field

from areas.debugger.profiler.samples import CPU, GPU, GPU_MEMORY, WAIT, Samples


@dataclass
class Finding:
    """``triggered`` is how often the rule was met, ``datapoints`` how many values it looked at."""

    triggered: int = 0
    datapoints: int = 0
    fires: bool = False
    text: str = ""
    details: dict = field(default_factory=dict)


@dataclass
class Facts:
    """What is known beside the samples: {"start", "first_step", "end"} in epoch seconds or None, and seconds of each step."""

    times: dict
    steps: list[float]  # moments at which steps ended, in order


def look(rule: str, samples: Samples, facts: Facts, parameters: dict) -> Finding:
    """Apply a rule (a name of ``areas.debugger.catalogue.PROFILER``)."""
    return _RULES[rule](samples, facts, parameters)


def _cpu_bottleneck(samples: Samples, facts: Facts, given: dict) -> Finding:
    busy = _together(samples, CPU, GPU)
    if busy is None:
        return _no_gpu(samples, CPU)
    cpu, gpu = busy
    met = (cpu > given["cpu_threshold"]) & (gpu < given["gpu_threshold"])
    return _share(met, given, "the CPU was busy while the GPU was not")


def _io_bottleneck(samples: Samples, facts: Facts, given: dict) -> Finding:
    busy = _together(samples, WAIT, GPU)
    if busy is None:
        return _no_gpu(samples, WAIT)
    wait, gpu = busy
    met = (wait > given["io_threshold"]) & (gpu < given["gpu_threshold"])
    return _share(met, given, "the machine waited for the disk while the GPU was idle")


def _batch_size(samples: Samples, facts: Facts, given: dict) -> Finding:
    import numpy as np

    cpu, gpu, memory = (samples.mean(name) for name in (CPU, GPU, GPU_MEMORY))
    length = min(len(cpu), len(gpu), len(memory))
    if not len(gpu):
        return _no_gpu(samples, CPU)
    finding = Finding(datapoints=length)
    for start in range(given["patience"], length - given["window"] + 1, given["window"]):
        part = slice(start, start + given["window"])
        if all(
            np.percentile(values[part], 95) < given[limit]
            for values, limit in (
                (cpu, "cpu_threshold_p95"), (gpu, "gpu_threshold_p95"), (memory, "gpu_memory_threshold_p95"),
            )
        ):  # fmt: skip
            finding.triggered += 1
    return _said(finding, "CPU, GPU and GPU memory were little used")


def _gpu_memory_increase(samples: Samples, facts: Facts, given: dict) -> Finding:
    import numpy as np

    finding = Finding()
    for (node, name), (_, values) in samples.of(GPU_MEMORY).items():
        finding.datapoints += len(values)
        window = given["window"]
        if len(values) < given["patience"] + 2 * window:
            continue
        means = np.convolve(values[given["patience"] :], np.ones(window) / window, "valid")[::window]
        highest = means[0]
        for mean in means[1:]:
            if mean - highest > given["increase"]:
                finding.triggered += 1
                finding.details[f"{node} {name}"] = float(mean)
            highest = max(highest, mean)
    return _said(finding, "the GPU's memory filled further") if finding.datapoints else _no_gpu(samples, CPU)


def _load_balancing(samples: Samples, facts: Facts, given: dict) -> Finding:
    import numpy as np

    found = samples.of(GPU)
    if len(found) < 2:
        return _no_gpu(samples, CPU) if not found else Finding(datapoints=sum(len(v) for _, v in found.values()))
    shapes = {
        key: np.histogram(values, bins=10, range=(0, 100))[0] / max(len(values), 1)
        for key, (_, values) in found.items()
    }
    finding = Finding(datapoints=sum(len(values) for _, values in found.values()))
    if min(len(values) for _, values in found.values()) >= given["patience"]:
        keys = list(shapes)
        for at, one in enumerate(keys):
            for other in keys[at + 1 :]:
                if 0.5 * np.abs(shapes[one] - shapes[other]).sum() > given["threshold"]:
                    finding.triggered += 1
    return _said(finding, "two GPUs were used very differently")


def _low_gpu_utilization(samples: Samples, facts: Facts, given: dict) -> Finding:
    import numpy as np

    finding = Finding()
    for (node, name), (_, values) in samples.of(GPU).items():
        finding.datapoints += len(values)
        for start in range(given["patience"], len(values) - given["window"] + 1, given["window"]):
            low, high = np.percentile(values[start : start + given["window"]], [5, 95])
            if high < given["threshold_p95"] or low < given["threshold_p5"]:
                finding.triggered += 1
                finding.details[f"{node} {name}"] = float(high)
    return _said(finding, "the GPU was little used or in bursts") if finding.datapoints else _no_gpu(samples, CPU)


def _max_initialization_time(samples: Samples, facts: Facts, given: dict) -> Finding:
    start, first = facts.times.get("start"), facts.times.get("first_step")
    if start is None or first is None:
        return Finding(text="No step was seen.")
    minutes = (first - start) / 60
    finding = Finding(int(minutes > given["threshold"]), 1, minutes > given["threshold"])
    finding.text = f"The first step ended {minutes:.1f} minutes after the start; {given['threshold']:g} are allowed."
    return finding


def _overall_system_usage(samples: Samples, facts: Facts, given: dict) -> Finding:
    return Finding(datapoints=samples.count, details=usage(samples), text="Statistics of all samples.")


def _overall_framework_metrics(samples: Samples, facts: Facts, given: dict) -> Finding:
    return Finding(
        text="No framework metrics: those are of TensorFlow and PyTorch versions that this engine doesn't play."
    )


def _step_outlier(samples: Samples, facts: Facts, given: dict) -> Finding:
    import numpy as np

    seconds = np.diff(facts.steps)
    if len(seconds) < 2:
        return Finding(text="Fewer than three steps were seen.")
    limit = seconds.mean() + given["stddev"] * seconds.std()
    outliers = int((seconds > limit).sum())
    finding = Finding(outliers, len(seconds), outliers > given["n_outliers"])
    finding.details = {
        "mean": float(seconds.mean()), "stddev": float(seconds.std()), "longest": float(seconds.max()), "outliers": outliers,
    }  # fmt: skip
    finding.text = (
        f"{outliers} of {len(seconds)} steps took longer than {limit:.3g} seconds; {given['n_outliers']} may."
    )
    return finding


def _dataloader(samples: Samples, facts: Facts, given: dict) -> Finding:
    return Finding(
        text="No data loader was seen: its workers are in framework traces, which this engine doesn't write."
    )


def usage(samples: Samples) -> dict:
    """{node: {dimension: {"p50", "p95", "p99", "min", "max"}}} over all cores and devices."""
    import numpy as np

    found: dict = {}
    for dimension in sorted(samples.series):
        nodes: dict[str, list] = {}
        for (node, _), (_, values) in samples.of(dimension).items():
            nodes.setdefault(node, []).append(values)
        for node, parts in nodes.items():
            values = np.concatenate(parts)
            p50, p95, p99 = np.percentile(values, [50, 95, 99])
            found.setdefault(node, {})[dimension] = {
                "p50": float(p50), "p95": float(p95), "p99": float(p99), "min": float(values.min()),
                "max": float(values.max()),
            }  # fmt: skip
    return found


def _together(samples: Samples, one: str, other: str):
    first, second = samples.mean(one), samples.mean(other)
    length = min(len(first), len(second))
    return (first[:length], second[:length]) if length else None


def _share(met, given: dict, what: str) -> Finding:
    """The rule is met where more than ``threshold`` percent of the samples after the first ``patience`` ones are so."""
    met = met[given["patience"] :] if len(met) > given["patience"] else met[:0]
    finding = Finding(int(met.sum()), len(met))
    percent = 100 * float(met.mean()) if len(met) else 0.0
    finding.fires = percent > given["threshold"]
    finding.details = {"percent": percent}
    finding.text = f"In {percent:.0f} % of the samples {what}; {given['threshold']:g} % are allowed."
    return finding


def _said(finding: Finding, what: str) -> Finding:
    finding.fires = finding.triggered > 0
    finding.text = f"{finding.triggered} times {what}." if finding.fires else f"It never was so that {what}."
    return finding


def _no_gpu(samples: Samples, dimension: str) -> Finding:
    return Finding(datapoints=len(samples.mean(dimension)), text="There is no GPU.")


_RULES = {
    "CPUBottleneck": _cpu_bottleneck, "BatchSize": _batch_size, "IOBottleneck": _io_bottleneck,
    "GPUMemoryIncrease": _gpu_memory_increase, "LoadBalancing": _load_balancing,
    "LowGPUUtilization": _low_gpu_utilization, "MaxInitializationTime": _max_initialization_time,
    "OverallSystemUsage": _overall_system_usage, "OverallFrameworkMetrics": _overall_framework_metrics,
    "StepOutlier": _step_outlier, "Dataloader": _dataloader,
}  # fmt: skip
