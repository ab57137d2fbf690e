"""Serving a trained XGBoost model: ``/ping``, ``/execution-parameters``, ``/invocations``."""

import os
import sys

from areas.algorithms.container import UserError, container, cpu_count
from areas.algorithms.server import Request, Response, serve
from areas.algorithms.xgboost import answers, predict
from areas.algorithms.xgboost.library import stay_lean

INLINE = 16 * 1024  # bytes of a body that is answered on the event loop: about 50 rows, under a millisecond


def main() -> int:
    """Load the model and answer until SIGTERM; exit code 1 and a sentence if it can't be loaded."""
    if os.environ.get("SAGEMAKER_PROGRAM") or (container().model / "code" / "inference.py").exists():
        from areas.algorithms.script import serve as script

        return script.xgboost()
    stay_lean()
    try:
        model = predict.load(container().model)
    except (UserError, OSError) as error:
        print(f"UserError: {error}", file=sys.stderr, flush=True)
        return 1
    return serve(answering(model), inline=lambda request: len(request.body) <= INLINE, threads=cpu_count())


def answering(model: predict.Model):
    """The function that answers the requests of ``areas.algorithms.server``."""
    selected = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT", "").replace(" ", "").lower()
    keys = selected.split(",") if selected else []
    unknown = sorted(set(keys) - {*answers.SELECTABLE["multi:softprob"], "predicted_score"})
    if unknown:
        print(f"SAGEMAKER_INFERENCE_OUTPUT: {', '.join(unknown)} is not known.", file=sys.stderr, flush=True)
        keys = [key for key in keys if key not in unknown]

    def answer(request: Request) -> Response:
        if request.path == "/invocations" and request.method == "POST":
            return invoke(request)
        if request.path == "/execution-parameters" and request.method == "GET":
            return execution_parameters()
        return Response(b"Not found.", 404)

    def invoke(request: Request) -> Response:
        if not request.body:
            return Response(status=204)
        try:
            predictions = model.predict(request.body, request.headers.get("content-type", ""))
            form = answers.accepted(request.headers.get("accept", ""))
        except predict.NotReadable as error:
            return Response(str(error).encode(), 415)
        except predict.NotPredictable as error:
            return Response(str(error).encode(), 400)
        except answers.NotAcceptable as error:
            return Response(str(error).encode(), 406)
        if keys:
            body = answers.encode_selected(predictions, keys, model.objective, model.classes, form)
        else:
            body = answers.encode(predictions, form)
        content = "text/csv; charset=utf-8" if form == "text/csv" else form
        return Response(body, content_type=content)

    return answer


def execution_parameters() -> Response:
    """What batch transform asks before it sends: a request at a time for each CPU, of many records, up to 6 MB."""
    import orjson

    size = int(os.environ.get("MAX_CONTENT_LENGTH") or 6 * 1024 * 1024) // (1024 * 1024)
    parameters = {"MaxConcurrentTransforms": cpu_count(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": size}
    return Response(orjson.dumps(parameters), content_type="application/json")


if __name__ == "__main__":
    sys.exit(main())
