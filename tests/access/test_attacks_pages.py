"""What a script or a stranger writes is text, also in a spreadsheet."""

from catalog.metrics import Point, append
from tests.studio.conftest import make_jobs


def test_a_metric_called_like_a_formula_is_text_in_the_export(aws, cast):
    job = make_jobs(aws.connection, 1)[0]
    append(job, [Point('=HYPERLINK("http://evil")', -1.5, job.created.timestamp(), 1)])
    body = b"".join(cast.vera.browser.get(f"/training-jobs/{job.name}/points.csv").streaming_content).decode()
    assert "\"'=HYPERLINK" in body
    assert ",-1.5" in body
