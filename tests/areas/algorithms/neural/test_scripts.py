"""A script of one's own runs in PyTorch's environment, with its requirements, and its TorchScript model is served as it is."""

import io
import json
import tarfile
import zipfile

import numpy as np
from sklearn.datasets import load_breast_cancer

from tests.areas.algorithms.neural.stage import ROOT

SOURCE = ROOT / "tests" / "areas" / "algorithms" / "neural" / "source"
WHEEL = "atelier_helper-1.0-py3-none-any.whl"


def wheel() -> bytes:
    file, info = io.BytesIO(), "atelier_helper-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("atelier_helper.py", "def scaled(rows):\n    return (rows - rows.mean(0)) / rows.std(0)\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: atelier-helper\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file.getvalue()


def test_a_script_with_requirements_and_its_model(work, tmp_path):
    table = load_breast_cancer()
    rows = np.column_stack([table.target, table.data])
    work.put("train", "train.csv", "\n".join(",".join(map(repr, row)) for row in rows.tolist()), "text/csv")
    archive = tmp_path / "sourcedir.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(SOURCE / "train.py", "train.py")
        for name, body in ((WHEEL, wheel()), ("requirements.txt", f"numpy\n./{WHEEL}\n".encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    given = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://bucket/sourcedir.tar.gz",
        "epochs": 40,
    }
    code = work.train("script", {"ATELIER_CODE_ARCHIVE": str(archive)}, **given)
    assert code == 0, work.log
    assert float(work.log.partition("accuracy=")[2].partition(";")[0]) > 0.95
    assert "atelier_helper" in work.log
    (work.base / "model" / "scale.npz").unlink()
    work.serve("script", call="areas.algorithms.script.serve:pytorch")
    scaled = (table.data - table.data.mean(0)) / table.data.std(0)
    status, answer = work.invoke(scaled[:5].tolist())
    assert status == 200, answer
    # The first five are malignant, which is 0 there.
    assert all(row[0] < 0 for row in json.loads(answer))
