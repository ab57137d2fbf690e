"""From the form to the calls it stands for, and back: the plan of a Run, and the form filled from a job."""

from areas.transform import datasets
from areas.transform.forms import TransformJobForm


class Draft:
    """What a form would do: ``plan`` for ``jobs.runs.start``, ``request`` of CreateTransformJob, and errors by field."""

    def __init__(self, form: TransformJobForm):
        self.form, self.fields = form, form.cleaned_data
        self.errors: dict[str, str] = {}
        self.rows = self._rows()
        self.steps = list(self.rows.steps) if self.rows else []
        self.request = self._of_rows(self.rows) if self.rows else self._of_files()
        self._add_resources()
        self.plan = [*self.steps, {"call": "CreateTransformJob", "request": self.request}]

    def _rows(self) -> datasets.Rows | None:
        try:
            return self.form.rows()
        except datasets.NotPossible as refused:
            self.errors[refused.field if refused.field in self.form.fields else "label"] = str(refused)
            return None

    def _base(self, source: dict, output: dict) -> dict:
        name = self.fields.get("name", "")
        where = self.fields.get("output") or f"s3://{self.form.connection.default_bucket}/transform/{name}"
        return {
            "TransformJobName": name,
            "ModelName": self.fields.get("model", ""),
            "TransformInput": source,
            "TransformOutput": {"S3OutputPath": where, **output},
        }

    def _of_rows(self, rows: datasets.Rows) -> dict:
        """Label first: the model gets the rest of each row, and its inference comes last."""
        request = self._base(
            {"DataSource": _source("S3Prefix", rows.uri), "ContentType": "text/csv", "SplitType": "Line"},
            {"Accept": "text/csv", "AssembleWith": "Line"},
        )
        return request | {
            "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input"},
            "Tags": [{"Key": key, "Value": value} for key, value in rows.tags.items()],
        }

    def _of_files(self) -> dict:
        fields = self.fields
        request = self._base(
            {"DataSource": _source(fields.get("kind") or "S3Prefix", fields.get("uri", ""))},
            {},
        )
        for of, member, name in (
            ("TransformInput", "ContentType", "content_type"), ("TransformInput", "CompressionType", "compression"),
            ("TransformInput", "SplitType", "split"), ("TransformOutput", "Accept", "accept"),
            ("TransformOutput", "AssembleWith", "assemble"),
        ):  # fmt: skip
            if fields.get(name) and fields[name] != "None":
                request[of][member] = fields[name]
        processing = {
            **({"InputFilter": fields["input_filter"]} if fields.get("input_filter") else {}),
            **({"OutputFilter": fields["output_filter"]} if fields.get("output_filter") else {}),
            **({"JoinSource": "Input"} if fields.get("join") else {}),
        }
        return request | ({"DataProcessing": processing} if processing else {})

    def _add_resources(self) -> None:
        fields = self.fields
        self.request["TransformResources"] = {
            "InstanceType": fields.get("instance_type") or "ml.m5.large",
            "InstanceCount": fields.get("instance_count") or 1,
        }
        if fields.get("strategy"):
            self.request["BatchStrategy"] = fields["strategy"]
        if fields.get("max_payload") is not None:
            self.request["MaxPayloadInMB"] = fields["max_payload"]
        if fields.get("max_concurrent"):
            self.request["MaxConcurrentTransforms"] = fields["max_concurrent"]


def _source(kind: str, uri: str) -> dict:
    return {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}


def values_of(request: dict, tags: dict[str, str]) -> dict:
    """The form's values for a CreateTransformJob request or a Describe document: what "Clone" fills in."""
    source, output = request.get("TransformInput", {}), request.get("TransformOutput", {})
    where = source.get("DataSource", {}).get("S3DataSource", {})
    processing, resources = request.get("DataProcessing", {}), request.get("TransformResources", {})
    values = {
        "model": request.get("ModelName", ""),
        "source": "s3",
        "uri": where.get("S3Uri", ""),
        "kind": where.get("S3DataType", "S3Prefix"),
        "content_type": source.get("ContentType", ""),
        "compression": source.get("CompressionType", "None"),
        "split": source.get("SplitType", "None"),
        "accept": output.get("Accept", ""),
        "assemble": output.get("AssembleWith", "None"),
        "join": processing.get("JoinSource") == "Input",
        "input_filter": processing.get("InputFilter", "").replace("$", "", 1) and processing["InputFilter"],
        "output_filter": processing.get("OutputFilter", "").replace("$", "", 1) and processing["OutputFilter"],
        "instance_type": resources.get("InstanceType", ""),
        "instance_count": resources.get("InstanceCount", 1),
        "strategy": request.get("BatchStrategy", ""),
        "max_payload": request.get("MaxPayloadInMB"),
        "max_concurrent": request.get("MaxConcurrentTransforms") or None,
    }
    if tags.get(datasets.DATASET_TAG):
        part = "train" if values["uri"].endswith("/train/") else "validation"
        values |= {
            "source": "dataset", "dataset": tags[datasets.DATASET_TAG], "label": tags.get(datasets.LABEL_TAG, ""),
            "part": part,
        }  # fmt: skip
    return values
