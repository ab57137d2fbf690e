"""The profiler's rules over made-up samples, and its report."""

import json

import pytest

from areas.debugger.catalogue import REPORT, RULES
from areas.debugger.profiler.rules import Facts, look
from areas.debugger.profiler.samples import Samples
from areas.debugger.report.profiler import write

MINUTE = 1_591_160_640


def samples(folder, **series: list[float]) -> Samples:
    """Samples every half second: ``cpu``, ``gpu``, ``gpu_memory``, ``wait`` are percents; ``gpu`` may be several, "gpu1" …"""
    dimensions = {
        "cpu": "CPUUtilization",
        "gpu": "GPUUtilization",
        "mem": "GPUMemoryUtilization",
        "iow": "I/OWaitPercentage",
    }
    path = folder / "system" / "incremental" / "2020060304" / f"{MINUTE}.algo-1.json"
    path.parent.mkdir(parents=True)
    with open(path, "w") as file:
        for name, values in series.items():
            for at, value in enumerate(values):
                line = {"Type": name[:3], "Name": name, "Dimension": dimensions[name.rstrip("0123456789")], "Value": value,
                        "NodeId": "algo-1", "Timestamp": MINUTE + at / 2}  # fmt: skip
                file.write(json.dumps(line) + "\n")
        file.write('{"half": ')
    found = Samples(folder)
    found.refresh()
    return found


def met(rule: str, found: Samples, steps=(), times=None, **given) -> bool:
    return look(
        rule, found, Facts(times or {}, list(steps)), RULES[rule].read({k: str(v) for k, v in given.items()})
    ).fires


def test_a_busy_cpu_beside_an_idle_gpu(tmp_path):
    busy = samples(tmp_path / "a", cpu0=[95.0] * 1500, gpu0=[5.0] * 1500)
    assert met("CPUBottleneck", busy)
    assert not met("CPUBottleneck", busy, patience=2000)
    assert not met("CPUBottleneck", busy, cpu_threshold=96)
    assert not met("CPUBottleneck", samples(tmp_path / "b", cpu0=[95.0] * 1500, gpu0=[50.0] * 1500))


def test_io_batches_memory_balance_and_use(tmp_path):
    idle = samples(tmp_path, cpu0=[10.0] * 1700, gpu0=[5.0] * 1700, gpu1=[95.0] * 1700, mem0=[10.0] * 1600 + [50.0] * 100,
                   iow0=[80.0] * 1700)  # fmt: skip
    assert met("IOBottleneck", idle, gpu_threshold=60)
    assert not met("IOBottleneck", idle)
    assert met("BatchSize", idle)
    assert met("GPUMemoryIncrease", idle)
    assert met("LoadBalancing", idle)
    assert met("LowGPUUtilization", idle)


@pytest.mark.parametrize("rule", [rule for rule in RULES if RULES[rule].is_profiler and RULES[rule] is not REPORT])
def test_without_a_gpu_nothing_is_met(tmp_path, rule):
    assert not met(rule, samples(tmp_path, cpu0=[99.0] * 1500, iow0=[60.0] * 1500))


def test_steps_and_the_time_before_the_first(tmp_path):
    found = samples(tmp_path, cpu0=[1.0])
    even = [float(at) for at in range(300)]
    late = [at + 20 * (at // 25) for at in even]
    assert not met("StepOutlier", found, even)
    assert met("StepOutlier", found, late)
    assert met("MaxInitializationTime", found, times={"start": 0.0, "first_step": 1201.0})
    assert not met("MaxInitializationTime", found, times={"start": 0.0, "first_step": 1199.0})


def test_the_report_lists_each_rule_with_counts_and_parameters(tmp_path):
    found = samples(tmp_path / "s", cpu0=[95.0] * 1500, gpu0=[5.0] * 1500)
    facts = Facts(
        {"start": MINUTE - 10.0, "first_step": MINUTE + 1.0, "last_step": MINUTE + 700.0, "end": MINUTE + 710.0}, []
    )
    fired = write(found, facts, {"name": "<b>job"}, {"CPUBottleneck_threshold": 40.0}, tmp_path)
    assert "CPUBottleneck" in fired
    page = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    assert "<b>job" not in page
    for rule in RULES.values():
        if rule.is_profiler and rule is not REPORT:
            assert f"<td>{rule.name}</td>" in page
    assert "<td>CPUBottleneck</td>" in page and "threshold 40.0, gpu_threshold 10" in page
    told = json.loads((tmp_path / "profiler-output" / "profiler-reports" / "CPUBottleneck.json").read_text())
    assert (told["RuleTriggered"], told["Datapoints"]) == (500, 500)
    assert "cpu_threshold:90" in told["RuleParameters"]
    assert json.loads((tmp_path / "profiler-output" / "profiler-report.ipynb").read_text())["nbformat"] == 4
