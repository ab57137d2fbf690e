"""Evaluations of rules: one row a rule of a training job, beside the processing job that AWS's API shows."""

from django.db import models

from catalog.models import Record


class Evaluation(models.Model):
    """How a rule of a training job stands. The rules of one ``group`` (the id of the Work that runs them) share a process."""

    IN_PROGRESS, NO_ISSUES, ISSUES, ERROR, STOPPING, STOPPED = (
        "InProgress", "NoIssuesFound", "IssuesFound", "Error", "Stopping", "Stopped",
    )  # fmt: skip
    OPEN = (IN_PROGRESS, STOPPING)

    # Null once the training job is deleted: its rules' processing jobs are still to be ended.
    training = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="rule_evaluations")
    job = models.OneToOneField(Record, on_delete=models.CASCADE, related_name="rule_evaluation")  # the ProcessingJob
    group = models.BigIntegerField(default=0, db_index=True)
    place = models.IntegerField()  # in the group, from 0
    name = models.CharField(max_length=256)  # RuleConfigurationName
    rule = models.CharField(max_length=64)  # rule_to_invoke
    is_profiler = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict)  # as given, all text
    output = models.CharField(max_length=1024)  # s3://… of its reports
    status = models.CharField(max_length=16, default=IN_PROGRESS)
    step = models.BigIntegerField(null=True)  # at which it fired
    last_step = models.BigIntegerField(null=True)  # that it was shown
    reason = models.TextField(blank=True)  # in plain words, of the rule's
    created = models.DateTimeField()
    modified = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["training", "id"], name="evaluation_of_training")]

    def __str__(self):
        return f"{self.name} of {self.training_id}: {self.status}"
