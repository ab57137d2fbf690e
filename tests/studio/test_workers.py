"""Settings shows RQ as it is: a real queue, a task that failed, and putting it back."""

import pytest


def fall(words: str) -> None:
    raise ValueError(words)


@pytest.fixture
def failed(redis):
    """A task that a worker has run and that failed."""
    import django_rq
    from rq import Queue, SimpleWorker

    queue = Queue("default", connection=django_rq.get_connection("default"))
    job = queue.enqueue(fall, "the disk is full")
    SimpleWorker([queue], connection=queue.connection).work(burst=True, logging_level="ERROR")
    yield job
    job.delete()


@pytest.mark.django_db
def test_a_failed_task_is_shown_in_its_words_and_queued_again(browser, failed):
    page = browser.get("/settings/workers/").content.decode()
    assert "ValueError: the disk is full" in page
    assert "tests.studio.test_workers.fall" in page
    assert browser.post("/settings/workers/requeue/", {"job": failed.id})["Location"] == "/settings/workers/"
    assert failed.get_status(refresh=True) == "queued"
    assert "ValueError: the disk is full" not in browser.get("/settings/workers/").content.decode()


@pytest.mark.django_db
def test_no_worker_is_said(browser, redis):
    assert "No worker is running" in browser.get("/settings/workers/").content.decode()
    assert "0 of 0" in browser.get("/").content.decode()


@pytest.mark.django_db
def test_only_a_failed_task_is_queued_again(browser, redis):
    answer = browser.post("/settings/workers/requeue/", {"job": "no-such-task"}, follow=True)
    assert "There is no failed task no-such-task" in answer.content.decode()
