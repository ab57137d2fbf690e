"""How big an instance type is, as far as a process on this machine can be held to it. Standard library and psutil."""

import os
import re

import psutil

GIB = 1 << 30
# GiB of memory for each vCPU, by the letter of the family; Amazon's instance table, rounded.
GIB_PER_CPU = {"c": 2, "m": 4, "r": 8, "x": 16, "t": 4, "p": 8, "g": 4}
SIZES = {"nano": 1, "micro": 1, "small": 1, "medium": 1, "large": 2, "xlarge": 4}
SHARE = 0.9  # of the machine's memory, the most that one container may have


def cpus_of(instance_type: str) -> int:
    """vCPUs of ``ml.m5.2xlarge`` (8), but never more than this machine has; all of it for a type we can't read."""
    here = os.cpu_count() or 1
    size = instance_type.rpartition(".")[2]
    if found := re.fullmatch(r"(\d+)xlarge", size):
        return min(here, 4 * int(found[1]))
    return min(here, SIZES.get(size, here))


def memory_of(instance_type: str) -> int:
    """Bytes of memory of the instance type, at most nine tenths of this machine's."""
    total = int(psutil.virtual_memory().total * SHARE)
    parts = instance_type.split(".")
    size = parts[-1]
    found = re.fullmatch(r"(\d+)xlarge", size)
    cpus = 4 * int(found[1]) if found else SIZES.get(size)
    if cpus is None or len(parts) < 3:
        return total
    return min(total, cpus * GIB_PER_CPU.get(parts[1][0], 4) * GIB)
