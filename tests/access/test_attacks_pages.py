"""What a script or a stranger writes is text, also in a spreadsheet."""

from django.utils import timezone

from catalog.models import MetricPoint
from tests.studio.conftest import make_jobs


def test_a_metric_called_like_a_formula_is_text_in_the_export(aws, cast):
    job = make_jobs(aws.connection, 1)[0]
    MetricPoint.objects.create(record=job, name='=HYPERLINK("http://evil")', step=1, time=timezone.now(), value=-1.5)
    body = b"".join(cast.vera.browser.get(f"/training-jobs/{job.name}/points.csv").streaming_content).decode()
    assert "\"'=HYPERLINK" in body
    assert ",-1.5" in body
