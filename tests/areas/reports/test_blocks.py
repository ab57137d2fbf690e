"""What each block shows, and says where it can't."""

import pytest

from tests.areas.reports.conftest import CURVES, NUMBER, TABLE, make, post


def page(browser, number: int, query: str = "") -> str:
    answer = browser.get(f"/reports/{number}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_text_is_markdown_without_anybodys_html(cast, runs):
    text = "# Head\n\n- [x] done\n\n<script>alert(1)</script> ![x](https://evil.example/x.png) [l](javascript:alert(1))"
    html = page(cast.alice.browser, make(cast.alice.browser, {"kind": "text", "text": text}, title="<i>Churn</i>"))
    assert "<h2>Head</h2>" in html and "☑ done" in html
    assert "<script>alert" not in html and "evil.example" not in html and 'href="javascript' not in html
    assert "<i>Churn" not in html and "&lt;i&gt;Churn" in html


def test_a_table_has_values_in_the_order_that_it_names(cast, runs):
    html = page(cast.alice.browser, make(cast.alice.browser, TABLE))
    places = [html.index(f">churn-{place} &lt;b&gt;bold") for place in (3, 2, 1)]
    assert places == sorted(places) and "<b>bold" not in html
    assert '<td class="num">0.72</td>' in html and '<td class="num">5</td>' in html


def test_a_number_is_the_best_of_all_that_are_found(cast, runs):
    html = page(
        cast.alice.browser, make(cast.alice.browser, NUMBER, {**NUMBER, "metric": "loss"}, {**NUMBER, "best": "min"})
    )
    assert ">0.72<" in html and ">0.2<" in html and ">0.5<" in html and "of 3 runs" in html


@pytest.mark.parametrize("figure", ["scatter", "parallel", "bar"])
def test_a_chart_draws_each_run(cast, runs, figure):
    block = {**CURVES, "figure": figure, "parameters": ["depth"], "metrics": ["auc", "loss"]}
    html = page(cast.alice.browser, make(cast.alice.browser, block))
    assert html.count("churn-2 &lt;b&gt;") >= 1 and "secret-1" not in html
    if figure != "bar":
        assert 'role="img"' in html and html.count("<title>churn-") == 3


def test_curves_come_from_a_feed_of_the_block_alone(cast, runs):
    browser = cast.alice.browser
    number = make(browser, CURVES)
    html = page(browser, number)
    feed = html.partition('data-feed="')[2].partition('"')[0]
    found = browser.get(feed).json()
    assert set(found["series"]) == {"churn-1", "churn-2", "churn-3"}
    assert set(found["series"]["churn-1"]) == {"auc"} and [one["name"] for one in found["metrics"]] == ["auc"]
    assert browser.get(feed, {"metrics": "auc", "keep": "100"}).status_code == 200
    for more in (
        {"runs": "secret-1"},
        {"experiment": "secret"},
        {"metrics": "loss"},
        {"group": "params.seed"},
        {"q": ""},
    ):
        assert browser.get(feed, more).status_code == 400, more


def test_what_cannot_be_shown_is_said_in_its_place(cast, runs):
    bad = [{**TABLE, "experiment": "none"}, {**TABLE, "query": "AND ("}, {**NUMBER, "metric": "nothing"},
           {**TABLE, "columns": ["params"]}, {"kind": "file", "uri": ""}, {**CURVES, "experiment": ""}]  # fmt: skip
    html = page(cast.alice.browser, make(cast.alice.browser, *bad))
    assert html.count('class="rp-problem"') == len(bad)


@pytest.mark.parametrize(("block", "place"), [
    ({"kind": "poem"}, "blocks.0.kind"), ({"kind": "text", "html": "x"}, "blocks.0.html"),
    ({"kind": "file", "uri": "https://x"}, "blocks.0.uri"), ({**NUMBER, "digits": 99}, "blocks.0.digits"),
    ({**CURVES, "metrics": "auc"}, "blocks.0.metrics"), ({**CURVES, "figure": "cake"}, "blocks.0.figure"),
    ({**CURVES, "smoothing": True}, "blocks.0.smoothing"), ({"kind": "text", "text": "x" * 100_001}, "blocks.0.text"),
])  # fmt: skip
def test_a_wrong_block_is_refused_with_its_place(cast, block, place):
    number = make(cast.alice.browser)
    answer = post(cast.alice.browser, f"/reports/{number}/edit/save/", {"title": "t", "blocks": [block], "base": 1})
    assert answer.status_code == 400 and answer.json()["place"] == place


def test_images_are_read_from_s3_and_run_nothing(cast, aws, runs):
    s3 = aws.client("s3")
    s3.put_object(Bucket=aws.bucket, Key="a b.png", Body=b"\x89PNG\r\n\x1a\n" + bytes(20))
    s3.put_object(Bucket=aws.bucket, Key="x.svg", Body=b"<svg onload='alert(1)'/>")
    browser = cast.alice.browser
    text = {"kind": "text", "text": f"![a](<s3://{aws.bucket}/a b.png>)"}
    number = make(
        browser, text, {"kind": "file", "uri": f"s3://{aws.bucket}/x.svg"}, {"kind": "file", "uri": "s3://none/x"}
    )
    html = page(browser, number)
    image = browser.get(html.partition('<img src="')[2].partition('"')[0])
    assert image["Content-Type"] == "image/png" and "sandbox" in image["Content-Security-Policy"]
    files = [part.partition('"')[0] for part in html.split('href="') if part.startswith(f"/reports/{number}/files/")]
    svg, missing = (browser.get(address) for address in files)
    assert svg["Content-Disposition"].startswith("attachment") and svg["Content-Type"] == "application/octet-stream"
    assert missing.status_code == 404 and browser.get(f"/reports/{number}/files/{'0' * 24}/").status_code == 404
