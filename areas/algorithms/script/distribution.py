"""Scripts on several hosts: where PyTorch's processes meet, and torchrun if it is asked for. Standard library only."""

import os
import sys
import zlib

from areas.algorithms.container import Container

FLAG = "sagemaker_torch_distributed_enabled"
OTHERS = {
    "sagemaker_mpi_enabled": "MPI (distribution={'mpi': …})",
    "sagemaker_parameter_server_enabled": "parameter servers (distribution={'parameter_server': …})",
    "sagemaker_distributed_dataparallel_enabled": "SageMaker's data parallel library",
    "sagemaker_pytorch_ddp_enabled": "PyTorch DDP over SageMaker's library (distribution={'pytorchddp': …})",
    "sagemaker_pytorch_xla_enabled": "PyTorch XLA",
    "sagemaker_multi_worker_mirrored_strategy_enabled": "TensorFlow's mirrored strategy",
}


def refused(given: dict) -> str:
    """Which way of distributing was asked for that isn't here, in a sentence; "" if none."""
    name = next((name for name in OTHERS if given.get(name) is True), "")
    return f"{OTHERS[name]} is not supported here: torch_distributed (torchrun) is." if name else ""


def master(box: Container) -> dict[str, str]:
    """MASTER_ADDR and MASTER_PORT, as the PyTorch containers set them, and the interface that hosts reach each other by. The
    port is the job's own, because all jobs' hosts are on one machine."""
    name = os.environ.get("TRAINING_JOB_ARN", "")
    return {
        "MASTER_ADDR": box.resources["hosts"][0],
        "MASTER_PORT": str(20_000 + zlib.crc32(name.encode()) % 10_000),
        "GLOO_SOCKET_IFNAME": "lo",
        "TP_SOCKET_IFNAME": "lo",
    }


def torchrun(command: list[str], box: Container, given: dict) -> list[str]:
    """The command under torchrun, a process on each host, if the job asks for it."""
    if given.get(FLAG) is not True or command[:1] != [sys.executable]:
        return command
    hosts, where = box.resources["hosts"], master(box)
    return [
        sys.executable, "-m", "torch.distributed.run", "--nnodes", str(len(hosts)), "--nproc_per_node", "1",
        "--master_addr", where["MASTER_ADDR"], "--master_port", where["MASTER_PORT"],
        "--node_rank", str(hosts.index(box.resources["current_host"])), *command[1:],
    ]  # fmt: skip
