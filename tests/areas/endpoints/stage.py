"""What hosting's tests act on: model archives made by the real libraries, and the steps from archive to endpoint."""

import io
import tarfile
import threading
import time
from functools import cache

from areas.images import images

FEATURES = 4


def archive(**files: bytes) -> bytes:
    """A model.tar.gz of the files by name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@cache
def booster(seed: int = 0) -> bytes:
    """A small model trained by XGBoost, as its training image leaves it."""
    import numpy
    import xgboost

    table = numpy.random.default_rng(seed).random((200, FEATURES))
    data = xgboost.DMatrix(table, (table[:, 0] > 0.5).astype(int))
    return bytes(xgboost.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, data, 5).save_raw("ubj"))


def xgboost_archive() -> bytes:
    return archive(**{"xgboost-model": booster()})


def script_archive(script: str, **files: bytes) -> bytes:
    return archive(**{"code/inference.py": script.encode(), **files})


def image(repository: str = "sagemaker-xgboost") -> str:
    return images()[repository].uri()


class Host:
    """An account's steps from a model archive to an endpoint."""

    def __init__(self, aws):
        self.aws = aws
        self.sagemaker = aws.client("sagemaker")
        self.runtime = aws.client("sagemaker-runtime", read_timeout=70)
        self.role = aws.role

    def put(self, key: str, data: bytes) -> str:
        from engine.s3 import store

        store.ensure_bucket(self.aws.number, self.aws.region, f"models-{self.aws.number}")
        store.put_bytes(self.aws.number, self.aws.region, f"models-{self.aws.number}", key, data)
        return f"s3://models-{self.aws.number}/{key}"

    def model(self, name: str, data: bytes | None = None, repository: str = "sagemaker-xgboost", **env: str) -> str:
        url = self.put(f"{name}/model.tar.gz", xgboost_archive() if data is None else data)
        container = {"Image": image(repository), "ModelDataUrl": url, "Environment": env}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container)
        return name

    def script(self, name: str, script: str) -> str:
        """A scikit-learn model whose answers are those of ``script``."""
        data = script_archive(script)
        return self.model(name, data, "sagemaker-scikit-learn", SAGEMAKER_PROGRAM="inference.py")

    def config(self, name: str, *variants: dict, **more) -> str:
        """Each variant is what differs from one m5.large called AllTraffic that runs the model ``m``."""
        base = {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[base | variant for variant in variants or ({},)], **more
        )
        return name

    def deploy(self, name: str, config: str, status: str = "InService") -> dict:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.wait(name, status)

    def describe(self, name: str) -> dict:
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def wait(self, name: str, status: str, seconds: float = 60) -> dict:
        deadline = time.monotonic() + seconds
        while True:
            found = self.describe(name)
            if found["EndpointStatus"] == status:
                return found
            assert time.monotonic() < deadline, found
            assert found["EndpointStatus"] in ("Creating", "Updating", "RollingBack", "Deleting"), found
            time.sleep(0.05)

    def until(self, happened, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    def until_gone(self, name: str) -> None:
        from catalog.models import Record

        rows = Record.objects.filter(connection=self.aws.connection, kind="Endpoint", name=name)
        self.until(lambda: not rows.exists())

    def log(self, endpoint: str, stream: str) -> str:
        from engine.logs import store

        group = f"/aws/sagemaker/Endpoints/{endpoint}"
        path = store.open_stream(self.aws.number, self.aws.region, group, stream)
        return "\n".join(event.message for event in store.read(path)[0])

    def invoke(self, name: str, body: bytes | str = "0.9,0.1,0.2,0.3", content_type: str = "text/csv", **more) -> dict:
        answer = self.runtime.invoke_endpoint(EndpointName=name, ContentType=content_type, Body=body, **more)
        return answer | {"Body": answer["Body"].read()}

    def servers(self, name: str) -> list[dict]:
        """The instances of an endpoint as the runner knows them."""
        from engine.models import Work

        state = Work.objects.get(record__name=name, record__connection=self.aws.connection).state
        return [instance for fleet in state.get("fleets", ()) for instance in fleet["instances"]]

    def fleets(self, name: str) -> list[dict]:
        from engine.models import Work

        return Work.objects.get(record__name=name, record__connection=self.aws.connection).state["fleets"]


class Load:
    """Four clients that invoke an endpoint all the time."""

    def __init__(self, host, endpoint: str):
        self.host, self.endpoint = host, endpoint
        self.ending = threading.Event()
        self.errors: list[Exception] = []
        self.answered = 0

    def __enter__(self):
        self.threads = [threading.Thread(target=self._invoke) for _ in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _invoke(self) -> None:
        while not self.ending.is_set():
            try:
                self.host.invoke(self.endpoint)
                self.answered += 1
            except Exception as error:
                self.errors.append(error)
            self.ending.wait(0.005)
