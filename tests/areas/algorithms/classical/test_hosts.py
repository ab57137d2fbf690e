"""Several hosts train the model that one would; SIGTERM keeps what there is."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from areas.algorithms.frame.training import load_model
from tests.areas.algorithms.data import as_csv
from tests.areas.algorithms.stage import ROOT, Job, wait_for

HOSTS = ["localhost", "localhost2"]


@pytest.mark.parametrize(("sparse", "cut"), [(False, 0), (True, 200)])
def test_the_first_host_trains_on_the_shards_of_all(tmp_path, trained, cancers, sparse, cut):
    """With the cut at 0 the first has no shard."""
    rows = cancers[0]
    parts, running = (rows[:cut], rows[cut:]), []
    given = {"k": "3", "feature_dim": "30"}
    for host, part in zip(HOSTS, parts, strict=True):
        one = trained("kmeans")
        one.job = Job(tmp_path / host, one.job.preloaded)
        if sparse:
            one.put("train", part, content_type=None, sparse=True, S3DistributionType="ShardedByS3Key")
        else:
            one.put("train", part, S3DistributionType="ShardedByS3Key")
        one.put("test", rows[:50])
        config = one.job.base / "input" / "config"
        for name, value in (
            ("hyperparameters", given),
            ("inputdataconfig", one.job.channels),
            ("resourceconfig", {"current_host": host, "hosts": HOSTS}),
        ):
            (config / f"{name}.json").write_text(json.dumps(value))
        running.append(one)
    first, second = running
    with first.job.log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "areas.algorithms.kmeans.train"], cwd=ROOT, stdout=log, stderr=log,
            env={**os.environ, "SAGEMAKER_BASE_DIR": str(first.job.base), "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    assert second.train(**given) == 0, second.job.log
    assert process.wait(60) == 0, first.job.log
    assert not list(second.model.iterdir())
    assert f"Sent {569 - cut} rows of channel 'train' to localhost" in second.job.log
    alone = trained("kmeans")
    alone.put("train", rows)
    alone.put("test", rows[:50])
    wanted = alone.fit(**given)
    assert first.metrics()["test:msd"] == pytest.approx(wanted["test:msd"], rel=1e-5)
    assert np.allclose(load_model(first.model)[1]["centers"], load_model(alone.model)[1]["centers"], atol=1e-4)


def test_a_job_on_too_many_hosts_fails(trained, digits):
    lda = trained("lda")
    lda.put("train", digits[0][:20])
    config = lda.job.base / "input" / "config" / "resourceconfig.json"
    config.write_text(json.dumps({"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}))
    assert lda.train(feature_dim=64, num_topics=2, mini_batch_size=20) == 2
    assert lda.job.failure == (
        "ClientError: LDA trains on a single instance only, but ResourceConfig.InstanceCount is 2"
    )


def test_a_job_that_is_stopped_keeps_its_model(trained, digits):
    machine = trained("factorization_machines")
    machine.put("train", digits[0] / 16, digits[1] % 2, content_type=None)
    given = {"feature_dim": 64, "num_factors": 4, "predictor_type": "binary_classifier", "epochs": 1_000_000}
    pid = machine.job.train("areas.algorithms.factorization_machines.train", wait=False, **given)
    wait_for(lambda: machine.job.log_file.exists() and "#progress_metric" in machine.job.log)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: (machine.model / "model_algo-1").exists())
    body = as_csv(digits[0][:1])
    assert machine.post(body, "text/csv").status == 415
    assert load_model(machine.model)[0]["features"] == 64
