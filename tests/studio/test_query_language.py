"""Queries of list pages: what they find, and where an unreadable one is wrong."""

import pytest

from catalog.models import Record
from catalog.queries import page_of, search_records, sort_records
from catalog.query_language import QueryError
from tests.studio.conftest import make_jobs

FINDS = [
    ("", 20),
    ("0003", 1),
    ("job-000", 10),
    ("name = job-0003", 1),
    ("name = JOB-0003", 1),
    ("name ~ 0003 OR name ~ 0004", 2),
    ("name ~ 000 AND NOT name = job-0003", 9),
    ("NOT (name ~ 000)", 10),
    ("status = completed", 20),
    ("status != Completed", 0),
    ("owner = alice", 20),
    ("created > 330m", 20),
    ("created > 5m", 4),
    ("created < 2020-01-01", 0),
    ("tags.team = risk", 10),
    ("tag = risk", 10),
    ("NOT tags.team = risk", 10),
    ("HyperParameters.max_depth = 3", 2),
    ("HyperParameters.max_depth >= 7", 4),
    ("HyperParameters.objective ~ squared", 20),
    ("TrainingTimeInSeconds < 10", 10),
    ("TrainingTimeInSeconds = 7", 1),
    ("EnableNetworkIsolation = true", 10),
    ("EnableNetworkIsolation != true", 10),
    ("NoSuchMember = 1", 0),
    ("NoSuchMember != 1", 20),
    ("metrics.validation:auc >= 0.5", 10),
    ("validation:auc < 0.1", 2),
    ("metrics.validation:auc.min = 0", 1),
    ("metrics.no-such-metric < 1", 0),
    ("(job AND (0001 OR 0002))", 2),
    ('name = "job-0001"', 1),
    ("elapsed < 3", 3),
    ("name IN (job-0001, JOB-0002, 'job-0003')", 3),
    ("name NOT IN (job-0001, job-0002)", 18),
    ("name == JOB-0003", 0),
    ("name LIKE 'job-%3'", 2),
    ("name LIKE 'JOB-%'", 0),
    ("name NOT ILIKE 'JOB-000_'", 10),
    ("tags.team EXISTS", 10),
    ("tags.team IS NULL", 10),
    ("tags.team NOT EXISTS", 10),
    ("metrics.validation:auc IS NOT NULL", 20),
    ("metrics.validation:auc.count = 3", 20),
    ('metrics."validation:auc".best >= 0.5', 10),
    ("params.max_depth >= 7", 4),
    ("params.max_depth = 3.0", 2),
    ('params.max_depth = "3.0"', 0),
    ("HyperParameters.objective EXISTS", 20),
    ("created > -330m AND created < now", 20),
    ("created = yesterday AND created = today", 0),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("query", "count"), FINDS)
def test_a_query_finds_what_it_says(connection, query, count):
    make_jobs(connection, 20)
    found = search_records(Record.objects.filter(connection=connection), query, {"elapsed": "TrainingTimeInSeconds"})
    assert found.count() == count


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "at", "words"),
    [
        ("status =", 8, "A value is missing after status ="),
        ("status = Created AND (owner = Alice OR records >", 48, "A value is missing after records >"),
        ("(status = x", 0, "still open"),
        ("a b)", 3, "closes nothing"),
        ("foo = 1", 0, "There is no field foo"),
        ("metrics.auc > high", 14, "A number is missing"),
        ('name = "x', 7, "never closed"),
        ("created > soon", 10, "soon is no time"),
        ("x OR", 4, "missing at the end"),
        ("(" * 60 + "x" + ")" * 60, 40, "too deeply"),
        ("x " * 1500, 2000, "longer than"),
        ("x " * 300, 400, "more than 200 conditions"),
        ("metrics.auc ≥ 0.9", 12, "write >="),
        ("a <> b", 2, "write !="),
        ("a && b", 2, "write AND"),
        ("status IN (a b)", 13, "comma"),
        ("status IN (a, )", 14, "A value is missing in the list"),
        ("statsu = Failed", 0, "did you mean status"),
        ("metrics. > 1", 8, "A name is missing"),
        ('metrics."val loss > 1', 8, "never closed"),
        ("metrics.auc ~ 1", 0, "is a number"),
        ("metrics.auc < nan", 14, "more or less than NaN"),
        ("name = \x00", 7, "can't be searched"),
    ],
)
def test_an_unreadable_query_says_where(query, at, words):
    with pytest.raises(QueryError) as caught:
        search_records(Record.objects.all(), query)
    assert words in caught.value.message
    assert caught.value.at == at


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["a'b.c", 'A"x', "A.b%c", "X') OR 1=1 --"])
def test_a_path_is_data_and_never_sql(connection, path):
    make_jobs(connection, 3)
    records = Record.objects.filter(connection=connection)
    assert len(page_of(sort_records(records, path), 1, 25).records) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "job-0000"),
        ("-created", "job-0019"),
        ("-TrainingTimeInSeconds", "job-0019"),
        ("TrainingTimeInSeconds", "job-0000"),
        ("-metrics.validation:auc", "job-0019"),
        ("metrics.validation:auc.max", "job-0000"),
        ("-HyperParameters.max_depth", "job-0017"),
    ],
)
def test_sorting_sorts_by_what_it_says(connection, sort, first):
    make_jobs(connection, 20)
    page = page_of(sort_records(Record.objects.filter(connection=connection), sort), 1, 5)
    assert page.records[0].name == first
    assert page.total == 20


@pytest.mark.django_db
def test_pages_cover_everything_once(connection):
    make_jobs(connection, 57)
    records = sort_records(Record.objects.filter(connection=connection), "-created")
    names = [record.name for number in (1, 2, 3) for record in page_of(records, number, 25).records]
    assert len(names) == len(set(names)) == 57
    assert page_of(records, 99, 25).number == 3
