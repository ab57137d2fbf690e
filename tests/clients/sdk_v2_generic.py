"""What a user of the SDK v2 does with the algorithms that have no class there: the generic Estimator trains, deploys and asks
Image Classification, Semantic Segmentation, Object Detection and Seq2Seq.

Run by its own interpreter with AWS_* and SAGEMAKER_ROLE, BUCKET in the environment; writes JSON to the file TOLD.
ALGORITHMS names those to run, with commas between: all if it is not there.
"""

import io
import json
import os
import struct
import time
import zlib

import boto3
import numpy as np
import sagemaker
from sagemaker import image_uris
from sagemaker.amazon.common import _write_recordio
from sagemaker.amazon.record_pb2 import Record
from sagemaker.deserializers import BytesDeserializer, JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import IdentitySerializer, JSONSerializer

region, role, bucket = os.environ["AWS_REGION"], os.environ["SAGEMAKER_ROLE"], os.environ["BUCKET"]
session = sagemaker.Session(boto3.Session(region_name=region), default_bucket=bucket)
s3 = session.boto_session.resource("s3")
stamp = str(int(time.time()))
rng = np.random.default_rng(0)
SIZE = 32


def png(pixels: np.ndarray) -> bytes:
    """uint8 (height, width) grey or (height, width, 3) as a PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = pixels.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def square(kind: int) -> tuple[np.ndarray, np.ndarray]:
    """(picture of a square, red or blue, on a dark ground with noise; its mask of zeros and ones)."""
    left, top = rng.integers(1, SIZE - 16, size=2)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[top : top + 14, left : left + 14] = 1
    picture = rng.integers(0, 40, size=(SIZE, SIZE, 3)).astype(np.uint8)
    picture[mask == 1] += np.array([(200, 40, 40), (40, 40, 200)][kind], np.uint8)
    return picture, mask


def put(folder: str, files: dict[str, bytes], content_type: str) -> TrainingInput:
    for name, body in files.items():
        s3.Object(bucket, f"{folder}/{name}").put(Body=body)
    return TrainingInput(f"s3://{bucket}/{folder}/", content_type=content_type)


def trained(name: str, given: dict, channels: dict) -> Estimator:
    estimator = Estimator(
        image_uris.retrieve(name, region), role, 1, "ml.m5.large", sagemaker_session=session, hyperparameters=given,
        output_path=f"s3://{bucket}/generic",
    )  # fmt: skip
    estimator.fit(channels, wait=False, logs=False, job_name=f"{name}-{stamp}")
    return estimator


def image_classification():
    def records(count: int) -> bytes:
        """As MXNet's im2rec packs pictures."""
        found = b""
        for at in range(count):
            body = struct.pack("<IfQQ", 0, at % 2, at, 0) + png(square(at % 2)[0])
            found += struct.pack("<II", 0xCED7230A, len(body)) + body + b"\0" * (-len(body) % 4)
        return found

    kind = "application/x-recordio"
    channels = {
        name: put(f"records/{name}", {f"{name}.rec": records(count)}, kind)
        for name, count in (("train", 64), ("validation", 16))
    }
    given = {
        "num_classes": 2, "num_training_samples": 64, "num_layers": 20, "image_shape": "3,16,16", "epochs": 4,
        "mini_batch_size": 16, "optimizer": "adam", "learning_rate": 0.003,
    }  # fmt: skip
    estimator = trained("image-classification", given, channels)
    return estimator, lambda predictor: [predictor.predict(png(square(kind)[0])) for kind in (0, 1)]


def semantic_segmentation():
    channels = {}
    for name, count in (("train", 16), ("validation", 2)):
        made = {f"{at}.png": square(0) for at in range(count)}
        pictures = {file: png(picture) for file, (picture, _) in made.items()}
        channels[name] = put(f"masks/{name}", pictures, "image/png")
        masks = {file: png(mask) for file, (_, mask) in made.items()}
        channels[f"{name}_annotation"] = put(f"masks/{name}_annotation", masks, "image/png")
    given = {
        "num_classes": 2, "num_training_samples": 16, "use_pretrained_model": False, "base_size": 32, "crop_size": 32,
        "mini_batch_size": 4, "optimizer": "adam", "learning_rate": 0.001, "epochs": 3,
    }  # fmt: skip
    estimator = trained("semantic-segmentation", given, channels)
    return estimator, lambda predictor: predictor.predict(png(square(0)[0]))[:8].hex()


def object_detection():
    channels = {}
    for name in ("train", "validation"):
        pictures, boxes = {}, {}
        for at in range(2):
            picture, mask = square(at)
            top, left = (int(axis.min()) for axis in np.nonzero(mask))
            pictures[f"{at}.png"] = png(picture)
            boxes[f"{at}.json"] = json.dumps(
                {
                    "file": f"{at}.png", "image_size": [{"width": SIZE, "height": SIZE, "depth": 3}],
                    "annotations": [{"class_id": at, "left": left, "top": top, "width": 14, "height": 14}],
                    "categories": [{"class_id": 0, "name": "red"}, {"class_id": 1, "name": "blue"}],
                }
            ).encode()  # fmt: skip
        channels[name] = put(f"boxes/{name}", pictures, "image/png")
        channels[f"{name}_annotation"] = put(f"boxes/{name}_annotation", boxes, "image/png")
    given = {
        "num_classes": 2, "num_training_samples": 2, "use_pretrained_model": 0, "base_network": "resnet-50",
        "mini_batch_size": 2, "epochs": 1,
    }  # fmt: skip
    estimator = trained("object-detection", given, channels)
    return estimator, lambda predictor: predictor.predict(png(square(0)[0]))


def seq2seq():
    def pairs(count: int) -> bytes:
        """The words of the source backwards."""
        file = io.BytesIO()
        for _ in range(count):
            words, record = rng.integers(4, 10, size=rng.integers(2, 5)).tolist(), Record()
            record.features["source"].int32_tensor.values.extend(words)
            record.features["target"].int32_tensor.values.extend(words[::-1])
            _write_recordio(file, record.SerializeToString())
        return file.getvalue()

    words = {word: at for at, word in enumerate(["<pad>", "<unk>", "<s>", "</s>", *"abcdef"])}
    vocabulary = json.dumps(words).encode()
    kind = "application/x-recordio-protobuf"
    channels = {
        "train": put("pairs/train", {"train.rec": pairs(800)}, kind),
        "validation": put("pairs/validation", {"val.rec": pairs(50)}, kind),
        "vocab": put(
            "pairs/vocab", dict.fromkeys(("vocab.src.json", "vocab.trg.json"), vocabulary), "application/json"
        ),
    }
    given = {
        "rnn_num_hidden": 48, "num_embed_source": 16, "num_embed_target": 16, "batch_size": 32, "learning_rate": 0.01,
        "max_seq_len_source": 6, "max_seq_len_target": 6, "checkpoint_frequency_num_batches": 50, "max_num_epochs": 6,
    }  # fmt: skip
    estimator = trained("seq2seq", given, channels)
    return estimator, lambda predictor: predictor.predict({"instances": [{"data": "a b c"}]})


picture = {"serializer": IdentitySerializer("image/png"), "deserializer": JSONDeserializer()}
algorithms = {
    "image-classification": (image_classification, picture),
    "semantic-segmentation": (semantic_segmentation, {**picture, "deserializer": BytesDeserializer()}),
    "object-detection": (object_detection, picture),
    "seq2seq": (seq2seq, {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}),
}
told = {}
for name in os.environ.get("ALGORITHMS", ",".join(algorithms)).split(","):
    start, form = algorithms[name]
    estimator, ask = start()
    estimator.latest_training_job.wait(logs=False)
    job = estimator.latest_training_job.describe()
    metrics = {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", ())}
    predictor = estimator.deploy(1, "ml.m5.large", endpoint_name=f"{name}-{stamp}", **form)
    told[name] = {"metrics": metrics, "answer": ask(predictor)}
    predictor.delete_endpoint()

with open(os.environ["TOLD"], "w") as file:
    json.dump(told, file)
