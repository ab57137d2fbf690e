"""Content types of the built-in algorithms, for channels and for requests. Standard library only."""

NAMES = {
    "csv": "text/csv",
    "recordio": "application/x-recordio-protobuf",
    "libsvm": "text/libsvm",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "parquet": "application/x-parquet",
    "text": "text/plain",
    "image": "application/x-image",
    "imagerecord": "application/x-recordio",
    "model": "application/x-sagemaker-model",
}
_KINDS = {name: kind for kind, name in NAMES.items()} | {
    "csv": "csv",
    "application/x-protobuf": "recordio",
    "recordio-protobuf": "recordio",
    "jsonlines": "jsonlines",
    "application/jsonl": "jsonlines",
    "image/jpeg": "image",
    "image/png": "image",
    "image/x-image": "image",
}


def content_type(value: str | None, default: str) -> tuple[str, dict[str, str]]:
    """``text/csv; label_size=1`` → ("csv", {"label_size": "1"}); ``default`` where there is none; "" for a strange one."""
    if not value or not value.strip():
        return default, {}
    word, *parameters = value.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return _KINDS.get(word.strip().lower(), ""), {name.strip().lower(): text.strip().lower() for name, _, text in pairs}
