"""Content types of tabular data, for training channels and for requests. Standard library only."""

KINDS = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
    "recordio-protobuf": "recordio",
    "application/x-recordio-protobuf": "recordio",
}
CONTENT_TYPES = tuple(KINDS)


def content_type(value: str | None, default: str = "libsvm") -> tuple[str, dict[str, str]]:
    """``text/csv; label_size=1`` → ("csv", {"label_size": "1"}); the kind is "" where it isn't one of ours."""
    if not value:
        return default, {}
    word, *parameters = value.lower().split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return KINDS.get(word.strip(), ""), {name.strip(): text.strip() for name, _, text in pairs}
