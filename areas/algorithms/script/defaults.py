"""What each framework's image does where the script has no function of its own: the handlers of its toolkit.

A ``Framework`` has ``model_fn(model_dir)``, ``input_fn(data, content_type)``, ``predict_fn(data, model)`` and
``output_fn(prediction, accept)``.
"""

from pathlib import Path

from areas.algorithms.container import UserError
from areas.algorithms.script import codecs


class Framework:
    """Arrays in, ``model.predict``, arrays out; the script must load its model itself."""

    title = "this framework"

    def model_fn(self, model_dir: str):
        raise UserError(
            f"The script has no model_fn(model_dir): {self.title} models are loaded by the script, so it needs one."
        )

    def input_fn(self, data, content_type: str):
        return codecs.decode(data, content_type)

    def predict_fn(self, data, model):
        return model.predict(data)

    def output_fn(self, prediction, accept: str) -> bytes:
        return codecs.encode(prediction, accept)


class ScikitLearn(Framework):
    title = "scikit-learn"

    def input_fn(self, data, content_type: str):
        import numpy as np

        array = codecs.decode(data, content_type)
        numeric = codecs.mime(content_type) in codecs.TEXT and array.dtype.kind in "iufb"
        return array.astype(np.float32) if numeric else array


class XGBoost(Framework):
    title = "XGBoost"

    def model_fn(self, model_dir: str):
        from areas.algorithms.xgboost import predict

        return predict.load(Path(model_dir)).boosters[0]

    def input_fn(self, data, content_type: str):
        import xgboost

        from areas.algorithms.formats.types import content_type as kind_of
        from areas.algorithms.xgboost import predict

        kind, _ = kind_of(content_type, default="csv")
        if not kind:
            raise codecs.UnsupportedType(f"Content type {content_type} is not supported by this framework.")
        return xgboost.DMatrix(predict.read(data.encode() if isinstance(data, str) else data, kind))

    def predict_fn(self, data, model):
        return model.predict(data, validate_features=False)


class PyTorch(Framework):
    title = "PyTorch"

    def model_fn(self, model_dir: str):
        import torch

        files = sorted(path for path in Path(model_dir).iterdir() if path.suffix in (".pt", ".pth"))
        if len(files) != 1:
            raise UserError(
                f"Without a model_fn, {model_dir} must hold one TorchScript file (.pt or .pth), but it holds {len(files)}."
            )
        try:
            return torch.jit.load(files[0], map_location="cpu").eval()
        except RuntimeError as error:
            raise UserError(f"{files[0].name} is not a TorchScript model, so the script needs a model_fn.") from error

    def input_fn(self, data, content_type: str):
        import numpy as np
        import torch

        array = codecs.decode(data, content_type)
        return torch.from_numpy(array.astype(np.float32) if array.dtype.kind == "f" else array)

    def predict_fn(self, data, model):
        import torch

        with torch.no_grad():
            return model(data)

    def output_fn(self, prediction, accept: str) -> bytes:
        import torch

        values = prediction.detach().cpu().numpy() if isinstance(prediction, torch.Tensor) else prediction
        return codecs.encode(values, accept)
