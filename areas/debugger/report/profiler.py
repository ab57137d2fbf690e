"""ProfilerReport: all rules of the profiler over all samples. The folders are AWS's: ``profiler-output/profiler-report.html``,
``.ipynb`` and ``profiler-reports/<Rule>.json``."""

from datetime import UTC, datetime
from pathlib import Path

from areas.debugger import catalogue
from areas.debugger.profiler.rules import Facts, Finding, look
from areas.debugger.profiler.samples import Samples
from areas.debugger.report import pages


def write(samples: Samples, facts: Facts, job: dict, given: dict, folder: Path) -> list[str]:
    """Write the report below ``folder``; the names of the rules that were met.

    Args:
        given: parameters as ``<Rule>_<parameter>``.
    """
    target = folder / "profiler-output"
    found: dict[str, tuple[Finding, dict]] = {}
    for rule in catalogue.PROFILER:
        own = {
            name.removeprefix(f"{rule.name}_"): value
            for name, value in given.items()
            if name.startswith(f"{rule.name}_")
        }
        parameters = {**rule.read({}), **own}
        finding = look(rule.name, samples, facts, parameters)
        found[rule.name] = finding, parameters
        pages.write_json(
            target / "profiler-reports", rule.name,
            {
                "RuleTriggered": finding.triggered, "Datapoints": finding.datapoints, "Details": finding.details,
                "RuleParameters": "\n".join(f"{name}:{value}" for name, value in parameters.items()),
                "Conclusion": finding.text, "Fires": finding.fires,
            },
        )  # fmt: skip
    title = f"Profiler report of {job['name']}"
    (target / "profiler-report.html").write_text(pages.page(title, _sections(samples, facts, job, found)))
    (target / "profiler-report.ipynb").write_text(pages.notebook(title, "profiler-reports"))
    return [name for name, (finding, _) in found.items() if finding.fires]


def _sections(samples: Samples, facts: Facts, job: dict, found: dict) -> list[tuple[str, str]]:
    usage = found["OverallSystemUsage"][0].details
    rows = [
        [node, dimension, *(one[name] for name in ("p50", "p95", "p99", "min", "max"))]
        for node, dimensions in usage.items() for dimension, one in dimensions.items()
    ]  # fmt: skip
    summary = [
        [name, catalogue.RULES[name].fires, catalogue.RULES[name].advice if finding.fires else "–", finding.triggered,
         finding.datapoints, ", ".join(f"{key} {value}" for key, value in parameters.items() if key != "scan_interval_us") or "–"]
        for name, (finding, parameters) in found.items()
    ]  # fmt: skip
    summary.sort(key=lambda row: -row[3])
    return [
        ("Job", _job(facts, job)),
        ("System usage", pages.table(["Host", "What", "Median", "p95", "p99", "Least", "Most"], rows)),
        ("Framework metrics", pages.words(found["OverallFrameworkMetrics"][0].text)),
        ("Rules", pages.table(["Rule", "Met when", "What to try", "Times met", "Values", "Parameters"], summary)),
        *((name, pages.words(finding.text or "Nothing to say.")) for name, (finding, _) in found.items()),
    ]


def _job(facts: Facts, job: dict) -> str:
    start, first, last, end = (facts.times.get(name) for name in ("start", "first_step", "last_step", "end"))
    rows = [["Instance", job.get("instance") or "–"], ["Began", _when(start)], ["Ended", _when(end)]]
    if start and end and end > start:
        whole = end - start
        rows.append(["Duration, s", whole])
        if first is not None:
            parts = (("Before the first step", first - start), ("Steps", last - first), ("After the last", end - last))
            rows += [[f"{name}, s", seconds] for name, seconds in parts]
            rows += [[f"{name}, share", seconds / whole] for name, seconds in parts]
    return pages.table(["", ""], rows)


def _when(moment: float | None) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "–"
