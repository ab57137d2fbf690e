"""What asking for permissions costs: pages and REST with and without it in this process, Describe by a person's key and by
the account's root."""

import os
import subprocess
import sys
import time

from bench.report import Row, median
from bench.stage import ROOT, free_port, temporary_home

ROUNDS, WARM = 200, 20
BUDGET = 1.0  # milliseconds


def compare() -> list[Row]:
    """In a process of its own, because Django is set up once: on an empty home, with a Studio that nobody else asks."""
    with temporary_home() as home:
        env = {**os.environ, "STUDIO_HOME": str(home), "ENGINE_PORT": str(free_port()), "STUDIO_LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
        answer = subprocess.run(
            [sys.executable, "-m", "bench.access"], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    numbers = dict(line.split("\t") for line in answer.stdout.splitlines() if "\t" in line)
    return [Row(what, "1 ms more", BUDGET, float(more), "ms", "≤ 1") for what, more in numbers.items()]


def measure() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    django.setup()
    from django.conf import settings
    from django.test.utils import setup_test_environment

    setup_test_environment()
    from areas import allowed
    from catalog.access import Access
    from tests.stage import Account, Cast, Engine

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with Engine() as engine:
        account = Account(engine, "100000000007")
        cast, asked = Cast(account), allowed.access_of
        _fill(account.connection)
        for what, client, path in (
            ("list page", cast.alice.browser, "/training-jobs/"), ("REST describe", cast.alice.rest, "/api/v1/models/m/"),
        ):  # fmt: skip
            answers: dict = {}

            class Known(Access):
                """The same answers, for nothing: so the page is the same page."""

                def may(self, verb, noun, name="", tags=None, answers=answers):
                    if (verb, noun) not in answers:
                        answers[verb, noun] = super().may(verb, noun, name, tags or {})
                    return answers[verb, noun]

                def visible(self, rows, *_, **__):
                    return rows

                visible_kinds = visible

            known = Known(cast.alice.name, rules=asked(cast.alice.name, account.connection.id).rules)

            def get(client=client, path=path):
                assert client.get(path).status_code == 200

            def without(get=get, known=known):
                allowed.access_of = lambda *_: known
                try:
                    get()
                finally:
                    allowed.access_of = asked

            _tell(what, get, without)
        root, person = account.client("sagemaker"), cast.alice.client("sagemaker")
        _tell("wire Describe", lambda: person.describe_model(ModelName="m"), lambda: root.describe_model(ModelName="m"))


def _fill(connection) -> None:
    from django.utils import timezone

    from catalog.models import Record

    now = timezone.now()
    arn = f"arn:aws:sagemaker:us-east-1:{connection.account}:model/m"
    document = {"ModelName": "m", "ModelArn": arn, "CreationTime": now.timestamp()}
    Record.objects.create(
        connection=connection, kind="Model", name="m", arn=arn, created=now, modified=now, document=document
    )


def _tell(what: str, with_checks, without) -> None:
    """Both in turn, so that what else the machine does is the same for both; the median of the differences."""
    taken = []
    for turn in range(WARM + ROUNDS):
        if turn % 2:
            less, more = _time(without), _time(with_checks)
        else:
            more, less = _time(with_checks), _time(without)
        if turn >= WARM:
            taken.append(more - less)
    print(f"permission checks, {what}\t{median(taken) * 1000:.4f}")


def _time(function) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    measure()
