"""The user's inference functions, joined with the framework's: SageMaker's inference toolkit."""

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from areas.algorithms.container import UserError
from areas.algorithms.script import codecs
from areas.algorithms.script.defaults import Framework
from areas.algorithms.server import Request, Response

# How many arguments each function has before the optional ``context``.
FUNCTIONS = {"model_fn": 1, "input_fn": 2, "predict_fn": 2, "output_fn": 2, "transform_fn": 4}


class Context:
    """The optional last argument of the user's functions: where the model lies, and the request's headers."""

    def __init__(self, model_dir: str, headers: dict[str, str] | None = None):
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.manifest: dict = {}
        self.headers = headers or {}

    def get_request_header(self, index: int, name: str) -> str | None:
        return self.headers.get(name.lower())

    def get_all_request_header(self, index: int) -> dict[str, str]:
        return dict(self.headers)


def import_script(path: Path) -> ModuleType:
    """Import the user's script under its own name, its folder first on the path. Whatever it raises is raised."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


class Handler:
    """Answers ``/invocations`` with the script's functions, or the framework's where the script has none.

    UserError if the script defines ``transform_fn`` along with what it replaces, or a function of the wrong form.
    """

    def __init__(self, module: ModuleType | None, framework: Framework, model_dir: str):
        own = {name: getattr(module, name) for name in FUNCTIONS if callable(getattr(module, name, None))}
        both = sorted(set(own) & {"input_fn", "predict_fn", "output_fn"})
        if "transform_fn" in own and both:
            raise UserError(
                f"The script defines transform_fn and also {', '.join(both)}: transform_fn takes the place of input_fn, "
                "predict_fn and output_fn, so define either it or them."
            )
        self.own = {name: _with_context(name, function) for name, function in own.items()}
        self.framework, self.model_dir = framework, model_dir
        for name in ("pre_model_fn", "model_warmup_fn"):
            if callable(getattr(module, name, None)):
                self.own[name] = getattr(module, name)
        if "pre_model_fn" in self.own:
            self.own["pre_model_fn"](model_dir)
        self.model = self._call("model_fn", model_dir, context=Context(model_dir))
        if "model_warmup_fn" in self.own:
            self.own["model_warmup_fn"](model_dir, self.model)

    def __call__(self, request: Request) -> Response:
        if request.path != "/invocations" or request.method != "POST":
            return Response(b"Not found.", 404)
        content_type = request.headers.get("content-type") or default_type("SAGEMAKER_DEFAULT_INVOCATIONS_CONTENT_TYPE")
        accept = request.headers.get("accept", "").partition(",")[0].strip()
        if accept in ("", "*/*"):
            accept = default_type("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT")
        context = Context(self.model_dir, request.headers)
        data = request.body
        if codecs.mime(content_type) in codecs.TEXT:
            try:
                data = data.decode()
            except UnicodeDecodeError:
                return Response(f"The body is {content_type}, but it is not UTF-8.".encode(), 415)
        if "transform_fn" in self.own:
            try:
                answer = self._call("transform_fn", self.model, data, content_type, accept, context=context)
                return _response(answer, accept)
            except codecs.UnsupportedType as error:
                return Response(str(error).encode(), 406 if str(error).startswith("Accept") else 415)
        try:
            rows = self._call("input_fn", data, content_type, context=context)
        except codecs.UnsupportedType as error:
            return Response(str(error).encode(), 415)
        prediction = self._call("predict_fn", rows, self.model, context=context)
        try:
            return _response(self._call("output_fn", prediction, accept, context=context), accept)
        except codecs.UnsupportedType as error:
            return Response(str(error).encode(), 406)

    def _call(self, name: str, *arguments, context: Context):
        if name in self.own:
            return self.own[name](*arguments, context)
        return getattr(self.framework, name)(*arguments)


def default_type(variable: str) -> str:
    return os.environ.get(variable) or "application/json"


def _with_context(name: str, function: Callable) -> Callable:
    """The function as one that takes ``context`` last, whether it wants it or not."""
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    wanted = FUNCTIONS[name]
    positional = sum(
        kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds
    )
    if inspect.Parameter.VAR_POSITIONAL not in kinds and not wanted <= positional <= wanted + 1:
        raise UserError(
            f"{name} of the script takes {positional} arguments, but must take {wanted}, or one more for context."
        )
    if positional == wanted + 1:
        return function
    return lambda *arguments: function(*arguments[:-1])


def _response(answer, accept: str) -> Response:
    """What output_fn or transform_fn returned: a body, or (body, content type)."""
    content_type = accept
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], str):
        answer, content_type = answer
    if isinstance(answer, str):
        answer = answer.encode()
    if not isinstance(answer, bytes | bytearray | memoryview):
        answer = codecs.encode(answer, content_type)
    return Response(bytes(answer), content_type=" ".join(content_type.split()))
