"""The log lines that metrics are read from, and the regular expressions that read them. Standard library only."""

import time


class Log:
    """Prints metric lines in the grammar of AWS's algorithms for one host."""

    def __init__(self, host: str = "algo-1"):
        self.host, self.began = host, time.monotonic()

    def say(self, text: str) -> None:
        """A line for people, with the time."""
        print(f"[{time.strftime('%m/%d/%Y %H:%M:%S')} INFO] {text}", flush=True)

    def quality(self, channel: str, name: str, value: float, kind: str = "loss", *, epoch=None, batch=None) -> None:
        """``#quality_metric: host=algo-1, epoch=0, train msd <loss>=1.5``; ``kind`` is "loss" or "score"."""
        where = "".join(f"{word}={at}, " for word, at in (("epoch", epoch), ("batch", batch)) if at is not None)
        value = float(value)
        print(f"#quality_metric: host={self.host}, {where}{channel} {name} <{kind}>={value!r}", flush=True)

    def progress(self, percent: float) -> None:
        print(f"#progress_metric: host={self.host}, completed {percent:g} %", flush=True)

    def throughput(self, records: int, seconds: float, channel: str = "train") -> None:
        """``records`` were trained on in ``seconds``."""
        rate = records / max(seconds, 1e-9)
        print(f"#throughput_metric: host={self.host}, {channel} throughput={rate!r} records/second", flush=True)

    def epoch(self, epoch: int, epochs: int, records: int, seconds: float) -> None:
        """The two lines that end an epoch; ``epoch`` counts from 0."""
        self.progress(100 * (epoch + 1) / epochs)
        self.throughput(records, seconds)


def quality(metric: str, kind: str = "loss", *, pattern: str = "", epoch: bool | None = None) -> tuple[str, str]:
    """The definition of ``<channel>:<name>``: (name, regular expression).

    ``pattern`` is the name as the line has it, where that differs. ``epoch``: True if the line has an epoch,
    False if it has none, None if a line of either sort counts.
    """
    channel, _, name = metric.partition(":")
    where = {True: r"epoch=\S+, ", False: "", None: r"(?:epoch=\S+, )?(?:batch=\S+, )?"}[epoch]
    return metric, rf"#quality_metric: host=\S+, {where}{channel} {pattern or name} <{kind}>=(\S+)"


PROGRESS = ("train:progress", r"#progress_metric: host=\S+, completed (\S+) %")
THROUGHPUT = ("train:throughput", r"#throughput_metric: host=\S+, train throughput=(\S+) records/second")
