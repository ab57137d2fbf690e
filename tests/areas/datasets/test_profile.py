"""Statistics, logical types and the datasets that ship with the Studio."""

import socket

import pytest

from areas.datasets import seeds
from areas.datasets.models import Dataset


def test_penguins(penguins):
    columns = penguins.statistics["columns"]
    assert penguins.rows == 344
    assert columns["bill_length_mm"]["missing"] == 2
    assert {one["value"]: one["count"] for one in columns["species"]["top"]} == {
        "Adelie": 152, "Gentoo": 124, "Chinstrap": 68,
    }  # fmt: skip
    assert penguins.statistics["classes"][0] == {"value": "Adelie", "count": 152, "share": pytest.approx(152 / 344)}
    assert {column["name"]: column["logical"] for column in penguins.columns} == {
        "species": "categorical", "island": "categorical", "bill_length_mm": "numeric", "bill_depth_mm": "numeric",
        "flipper_length_mm": "numeric", "body_mass_g": "numeric", "sex": "binary", "year": "numeric",
    }  # fmt: skip
    assert penguins.column("species")["role"] == "label"


def test_numbers_agree_with_numpy(add):
    import numpy

    values = numpy.random.default_rng(1).normal(3, 2, 1000)
    other = values * -2 + numpy.random.default_rng(2).normal(0, 1, 1000)
    version = add(
        "numbers", "x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(values.tolist(), other.tolist(), strict=True))
    )
    stats = version.statistics["columns"]["x"]
    for key, expected in {
        "mean": values.mean(), "std": values.std(ddof=1), "min": values.min(), "max": values.max(),
        "p5": numpy.quantile(values, 0.05), "p50": numpy.median(values), "p95": numpy.quantile(values, 0.95),
    }.items():  # fmt: skip
        assert stats[key] == pytest.approx(expected), key
    assert stats["histogram"]["counts"] == numpy.histogram(values, bins=10)[0].tolist()
    assert version.statistics["correlation"]["values"][0][1] == pytest.approx(numpy.corrcoef(values, other)[0, 1])


def test_histograms_sum_to_what_is_present(penguins):
    for name, stats in penguins.statistics["columns"].items():
        if "histogram" in stats:
            assert sum(stats["histogram"]["counts"]) == stats["count"], name


def test_odd_values_are_counted_for_what_they_are(add):
    version = add("odd", "x,same,none,t\n1,5,,a\ninf,5,,\n-1,5,,a\n,5,,b\n1,5,,a\n1,5,,a\n")
    stats = version.statistics["columns"]
    assert (stats["x"]["count"], stats["x"]["missing"], stats["x"]["infinite"]) == (5, 1, 1)
    assert stats["x"]["min"] == -1 and stats["x"]["max"] == 1 and sum(stats["x"]["histogram"]["counts"]) == 4
    assert sum(stats["same"]["histogram"]["counts"]) == 6
    assert (stats["none"]["count"], stats["none"]["missing"]) == (0, 6)
    assert version.statistics["duplicates"] == 2


def test_ids_text_and_times_are_told_apart(add):
    rows = "".join(
        f"u{i:04d},{i},2024-01-{i % 28 + 1:02d},The quick brown fox number {i} jumps over the lazy dog again,{i % 7}\n"
        for i in range(200)
    )
    version = add("kinds", "customer_id,id,day,notes,score\n" + rows)
    assert {column["name"]: column["logical"] for column in version.columns} == {
        "customer_id": "id", "id": "id", "day": "datetime", "notes": "text", "score": "numeric",
    }  # fmt: skip


def test_seeds_are_real_and_need_no_network(connection, aws, monkeypatch):
    allowed = aws.engine.port
    connect = socket.socket.connect

    def only_the_engine(self, address):
        assert self.family == socket.AF_UNIX or address[1] == allowed, f"a seed reached for {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_the_engine)
    assert seeds.install(connection) == ["penguins", "breast-cancer", "diabetes"]
    assert seeds.install(connection) == []
    found = {dataset.name: dataset for dataset in Dataset.objects.filter(connection=connection)}
    assert {name: (one.latest.state, one.latest.rows, one.latest.column_count) for name, one in found.items()} == {
        "penguins": ("Ready", 344, 8), "breast-cancer": ("Ready", 569, 31), "diabetes": ("Ready", 442, 11),
    }  # fmt: skip
    assert all(one.licence and one.source_url and one.citation for one in found.values())
    assert {one["value"]: one["count"] for one in found["breast-cancer"].latest.statistics["classes"]} == {
        "malignant": 212, "benign": 357,
    }  # fmt: skip
    progression = found["diabetes"].latest.statistics["columns"]["progression"]
    assert (progression["min"], progression["max"]) == (25, 346)
