"""A PyTorch script over two hosts, through torchrun as SDK v2's estimator asks for it, and by its own means."""

import pytest

from areas import images

IMAGE = images.images()["pytorch-training"]
TWO = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
SUM = """
import os, torch, torch.distributed as dist
{start}
mine = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(mine)
print("rank", dist.get_rank(), "of", dist.get_world_size(), "sum", mine.item(), flush=True)
if dist.get_rank() == 0:
    torch.save(mine, os.path.join(os.environ["SM_MODEL_DIR"], "sum.pt"))
dist.destroy_process_group()
"""
BY_TORCHRUN = 'dist.init_process_group("gloo")'
BY_HAND = """
hosts = __import__("json").loads(os.environ["SM_HOSTS"])
dist.init_process_group("gloo", rank=hosts.index(os.environ["SM_CURRENT_HOST"]), world_size=len(hosts))
"""


def test_a_way_that_is_not_here_is_refused(training):
    done = training.run("print(1)", hyperparameters={"sagemaker_mpi_enabled": "true"})
    assert "MPI" in done["FailureReason"]
    assert "torch_distributed" in done["FailureReason"]


@pytest.mark.slow
@pytest.mark.skipif(bool(IMAGE.missing), reason=IMAGE.missing)
@pytest.mark.parametrize(("start", "given"), [
    (BY_TORCHRUN, {"sagemaker_torch_distributed_enabled": "true", "sagemaker_instance_type": '"ml.m5.large"'}),
    (BY_HAND, {}),
])  # fmt: skip
def test_two_hosts_add_up_what_each_has(training, start, given):
    name = training.start(SUM.format(start=start), ResourceConfig=TWO, algorithm={"TrainingImage": IMAGE.uri()},
                          hyperparameters=given)  # fmt: skip
    done = training.wait(name, 240)
    lines = training.lines(name)
    assert done["TrainingJobStatus"] == "Completed", lines
    assert {line for line in lines if line.startswith("rank")} == {"rank 0 of 2 sum 3.0", "rank 1 of 2 sum 3.0"}
    assert list(training.model(done)) == ["sum.pt"]
