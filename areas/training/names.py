"""Names of training jobs: what is allowed, and the next free one."""

from areas import job_names

KIND, MEMBER = "TrainingJob", "trainingJobName"


def check_name(name: str) -> str:
    """The service's own sentence if ``name`` can't name a training job, else nothing."""
    return job_names.check_name(name, MEMBER)


def is_taken(connection, name: str) -> bool:
    """Whether a job of that name exists or is asked for."""
    return job_names.is_taken(connection, KIND, name)


def next_name(connection, stem: str) -> str:
    """``penguins-xgboost`` → ``penguins-xgboost-0007``: one above the highest number of that stem."""
    return job_names.next_name(connection, KIND, stem)
