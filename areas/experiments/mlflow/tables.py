"""What MLflow's clients say of runs and AWS's documents have no place for: long tags, datasets, logged models."""

from django.db import models

from catalog.models import Connection, Record

PENDING, READY, FAILED = "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"


class LongTag(models.Model):
    """A tag of a run or an experiment that ``catalog.models.Tag`` can't hold whole: too long, or one of more than fifty."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="long_tags")
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)
    is_apart = models.BooleanField(default=False)  # False: a Tag has the beginning of the value, and must still have it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "key"], name="one_long_tag_by_key")]

    def __str__(self):
        return f"{self.key}={self.value[:40]}"


class RunDataset(models.Model):
    """A dataset that a run read, as ``mlflow.log_input`` describes it."""

    run = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="mlflow_datasets")
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=36)
    source_type = models.CharField(max_length=255)
    source = models.TextField(blank=True)
    schema = models.TextField(blank=True)
    profile = models.TextField(blank=True)
    tags = models.JSONField(default=list)  # [{"key": "mlflow.data.context", "value": "train"}]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name", "digest"], name="one_dataset_of_a_run")]

    def __str__(self):
        return f"{self.name} ({self.digest})"


class LoggedModel(models.Model):
    """A model of MLflow 3: what ``log_model`` and autolog make of a run. Its files lie below the experiment's artifacts."""

    model_id = models.CharField(max_length=64)  # "m-" and 32 hexadecimal digits
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False, related_name="+")
    experiment = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="logged_models")
    name = models.CharField(max_length=500)
    model_type = models.CharField(max_length=500, blank=True)
    source_run = models.CharField(max_length=256, blank=True)  # the run's name
    status = models.CharField(max_length=32, default=PENDING)
    params = models.JSONField(default=dict)
    tags = models.JSONField(default=dict)
    owner = models.CharField(max_length=256, blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField()
    deleted = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "model_id"], name="one_logged_model_by_id")]
        indexes = [
            models.Index(fields=["experiment", "created", "id"], name="logged_model_created"),
            models.Index(fields=["connection", "source_run"], name="logged_model_run"),
        ]

    def __str__(self):
        return f"{self.name} ({self.model_id})"


class ModelMetric(models.Model):
    """The last value of a metric that a run measured of a logged model, on a dataset if it named one."""

    model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, db_index=False, related_name="metrics")
    run = models.CharField(max_length=256)  # the run's name
    key = models.CharField(max_length=250)
    dataset = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=36, blank=True)
    value = models.FloatField(null=True)  # NULL is NaN
    step = models.BigIntegerField(default=0)
    time = models.BigIntegerField()  # milliseconds since 1970

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "run", "key", "dataset", "digest"], name="one_metric_of_a_model")
        ]

    def __str__(self):
        return f"{self.key}={self.value}"


class RunModel(models.Model):
    """A logged model that a run read (``is_output`` False) or made."""

    run = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="mlflow_models")
    model = models.CharField(max_length=64)  # id of the logged model
    is_output = models.BooleanField()
    step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "model", "is_output"], name="one_model_of_a_run")]

    def __str__(self):
        return self.model
