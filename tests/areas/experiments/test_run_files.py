"""The files of a run: listed, previewed and sent with the reader's own rights, never as markup, never of another run."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from areas import objects, previews
from areas.experiments.figures import Unreadable, figures, parse
from tests.areas.experiments.run_stage import CURVE, MATRIX, PNG


def test_files_are_listed_a_page_at_a_time(desk, run, monkeypatch):
    monkeypatch.setattr(objects, "PAGE", 10)
    for i in range(13):
        desk.put(f"plots/{i:02}.txt", "x" * i)
    desk.put("model.bin", b"\0\1")
    page = desk.get("artifacts/")
    assert "model.bin" in page and "plots/" in page
    folder = f"s3://{desk.bucket}/trial-component-artifacts/churn-first/plots/"
    first = objects.listing(run.connection, folder, most=10)
    rest = objects.listing(run.connection, folder, more=first.more, most=10)
    assert [len(first.files), len(rest.files), rest.more] == [10, 3, ""]
    page = desk.get("artifacts/", at=folder)
    assert "Next page" not in page or "12.txt" not in page


def test_tables_text_and_broken_files_are_previewed(desk, run):
    def page(name: str, body) -> str:
        return desk.get("artifacts/", file=desk.put(name, body))

    table = pa.table({"name": ["Zoë", "李"] * 200, "score": [0.5, 1.5] * 200})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    shown = page("scores.parquet", sink.getvalue())
    assert "Zoë" in shown and "400 rows and 2 columns" in shown
    assert "It can&#x27;t be read as Parquet" in page("broken.parquet", b"PAR1 nothing")
    shown = page("rows.csv", 'a;b\n1;"<script>x</script>"\n')
    assert '<th scope="col">b</th>' in shown and "&lt;script&gt;x" in shown and "<script>x" not in shown
    assert "second" in page("lines.jsonl", '{"first": 1}\n{"second": {"deep": [1]}}\n')
    assert "answer" in page("table.json", json.dumps({"columns": ["answer"], "data": [[42]]}))
    assert "It is no JSON" in page("cut.json", '{"a": ')
    assert "&lt;h1&gt;" in page("page.html", "<h1>hello</h1>")
    assert "There is no preview" in page("weights.bin", b"\0\1\2")
    assert "The file is empty" in page("empty.txt", b"")
    assert "Only the beginning is shown" in page("long.txt", "y" * 300_000)


def test_only_pixels_are_shown_and_all_else_is_a_download_in_a_sandbox(desk, run):
    def sent(name: str, body, **query):
        uri = desk.put(name, body)
        answer = desk.answer("file/", uri=uri, **query)
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content) == body
        return answer["Content-Type"], answer["Content-Disposition"].partition(";")[0]

    assert sent("a.png", PNG, **{"as": "image"}) == ("image/png", "inline")
    assert sent("a.png", PNG) == ("application/octet-stream", "attachment")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    assert sent("a.svg", svg, **{"as": "image"}) == ("image/svg+xml", "attachment")
    page = b"<script>alert(1)</script>"
    assert sent("a.html", page, **{"as": "image"}) == ("application/octet-stream", "attachment")
    assert sent("lies.png", page, **{"as": "image"}) == ("application/octet-stream", "attachment")
    assert "/file/?uri=" in desk.get("artifacts/", file=desk.put("b.svg", svg))


@pytest.mark.parametrize("uri", [
    "s3://{bucket}/secret.txt", "s3://{bucket}/trial-component-artifacts/churn-first/../other/x", "s3://other/x", "file:///etc/passwd",
    "s3://{bucket}/trial-component-artifacts/churn-firstborn/x",
])  # fmt: skip
def test_nothing_of_others_is_read(desk, run, uri):
    desk.s3.put_object(Bucket=desk.bucket, Key="secret.txt", Body=b"secret")
    uri = uri.format(bucket=desk.bucket)
    desk.get("file/", uri=uri, status=404)
    desk.get("artifacts/", file=uri, status=404)
    desk.get("artifacts/", at=uri, status=404)


def test_artifacts_of_its_document_are_places_and_lost_ones_say_so(desk, run):
    lost = f"s3://{desk.bucket}/lost.csv"
    desk.sagemaker.update_trial_component(
        TrialComponentName="churn-first", OutputArtifacts={"predictions": {"Value": lost, "MediaType": "text/csv"}},
        InputArtifacts={"image": {"Value": "123.dkr.ecr/x:1"}, "gone": {"Value": "s3://no-such-bucket/data/"}},
    )  # fmt: skip
    assert "predictions" in desk.get("artifacts/") and "123.dkr.ecr/x:1" not in desk.get("artifacts/")
    assert "NoSuchKey" in desk.get("artifacts/", file=lost)
    assert desk.answer("file/", uri=lost).status_code == 404
    desk.get("artifacts/", at="s3://no-such-bucket/data/")
    assert "123.dkr.ecr/x:1" in desk.get()


def test_a_logged_diff_is_shown_beside_the_code(desk, run):
    assert desk.get("diff/") == ""
    desk.put("git/changes.patch", "--- a\n+++ b\n+<b>new</b>\n-old\n")
    page = desk.get("diff/")
    assert '<span class="good">+&lt;b&gt;new' in page and '<span class="bad">-old' in page


def test_figures_tell_curves_tables_and_images_apart(desk, run):
    desk.put_json("validation.json", MATRIX)
    desk.put_json("roc.json", CURVE)
    desk.put_json("pr.json", {"type": "PrecisionRecallCurve", "title": "pr", "precision": [1, 0.5], "recall": [0, 1],
                              "averagePrecisionScore": 0.7, "noSkill": 0.4})  # fmt: skip
    desk.put_json("answers.json", {"columns": ["q", "a"], "data": [["1+1", 2], ["2+2", None]]})
    desk.put("plot.png", PNG)
    found = {one.title: one for one in figures(run)}
    assert [one.kind for one in figures(run)] == ["confusion", "roc", "precision_recall", "image", "table"]
    assert found["pr"].data == {"x": [0, 1], "y": [1, 0.5], "score": 0.7, "base": 0.4}
    assert found["answers"].data == {"columns": ["q", "a"], "rows": [["1+1", "2"], ["2+2", ""]], "count": 2}
    assert found["plot.png"].data == {"type": "image/png", "size": len(PNG)}


def test_a_figure_in_a_bucket_of_its_writer_is_found_by_the_lineage(desk, run):
    bucket = desk.aws.bucket
    desk.s3.put_object(Bucket=bucket, Key="mine/validation.json", Body=json.dumps(MATRIX))
    artifact = desk.sagemaker.create_artifact(
        ArtifactName="validation", ArtifactType="ConfusionMatrix", Source={"SourceUri": f"s3://{bucket}/mine/validation.json"}
    )["ArtifactArn"]  # fmt: skip
    desk.sagemaker.add_association(SourceArn=run.arn, DestinationArn=artifact, AssociationType="Produced")
    assert [(one.kind, one.data["matrix"]) for one in figures(run)] == [("confusion", MATRIX["confusionMatrix"])]


@pytest.mark.parametrize("document", [
    {"type": "ConfusionMatrix", "confusionMatrix": [[1, 2]]}, {"type": "ConfusionMatrix", "confusionMatrix": [["a"]]},
    {"type": "ConfusionMatrix"}, {"type": "ROCCurve", "falsePositiveRate": [], "truePositiveRate": []},
    {"type": "ROCCurve", "falsePositiveRate": [float("nan")], "truePositiveRate": [1]},
    {"type": "PrecisionRecallCurve", "precision": "x", "recall": [1]},
])  # fmt: skip
def test_figures_whose_numbers_do_not_fit_are_refused(document):
    with pytest.raises(Unreadable):
        parse(document, "x")


def test_long_curves_keep_their_ends():
    count = 50_000
    figure = parse({"type": "ROCCurve", "falsePositiveRate": [i / count for i in range(count + 1)],
                    "truePositiveRate": [1.0] * (count + 1), "areaUnderCurve": 1}, "x")  # fmt: skip
    assert (len(figure.data["x"]), figure.data["x"][0], figure.data["x"][-1]) == (2000, 0.0, 1.0)


def test_a_letter_cut_in_two_is_still_text():
    assert objects.text_of("ab李".encode()[:-1]) == "ab"
    assert objects.text_of(b"\xff\xfe\x00abcdefgh") is None
    assert previews._delimiter("a|b|c\n1,2|3|4") == "|"
