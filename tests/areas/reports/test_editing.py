"""Versions, drafts, two editors at once, adding from other pages, exports, comments."""

import pytest

from areas.reports.merging import differences, merge
from areas.reports.models import Report
from registry.notices.models import Notification
from tests.areas.reports.conftest import CURVES, NUMBER, TABLE, make, post


def text(words: str, number: str = "") -> dict:
    return {"kind": "text", "text": words} | ({"id": number} if number else {})


def test_every_save_is_a_version_that_can_come_back(cast):
    browser = cast.alice.browser
    number = make(browser, text("first"))
    block = Report.objects.get(pk=number).blocks[0]
    post(
        browser, f"/reports/{number}/edit/save/", {"title": "Later", "blocks": [{**block, "text": "second"}], "base": 2}
    )
    html = browser.get(f"/reports/{number}/history/").content.decode()
    assert "-first" in html.replace("\n", "").replace("-text: ", "-") and "+second" in html
    assert "first" in browser.get(f"/reports/{number}/?of=v2").content.decode()
    post(browser, f"/reports/{number}/history/restore/", version="2")
    report = Report.objects.get(pk=number)
    assert (report.number, report.title, report.blocks[0]["text"]) == (4, "Churn", "first")
    assert post(browser, f"/reports/{number}/history/restore/", version="9").status_code == 404


def test_two_editors_lose_nothing(cast):
    number = make(cast.alice.browser, text("a"), text("b"), visible="connection")
    a, b = Report.objects.get(pk=number).blocks
    save = f"/reports/{number}/edit/save/"
    assert (
        post(cast.dan.browser, save, {"title": "Churn", "blocks": [{**a, "text": "dan"}, b], "base": 2}).status_code
        == 200
    )
    mine = {"title": "Churn", "blocks": [a, {**b, "text": "alice"}, text("new")], "base": 2}
    refused = post(cast.alice.browser, save, mine)
    assert refused.status_code == 409 and cast.dan.name in refused.json()["error"] and refused.json()["number"] == 3
    assert "Go on with your draft" in cast.alice.browser.get(f"/reports/{number}/").content.decode()
    merged = post(cast.alice.browser, f"/reports/{number}/edit/merge/", mine).json()
    assert [one["text"] for one in merged["blocks"]] == ["dan", "alice", "new"] and merged["clashes"] == 0
    assert post(cast.alice.browser, save, {**merged, "base": merged["base"]}).json()["number"] == 4
    assert not Report.objects.get(pk=number).drafts.exists()


def test_merging_keeps_what_either_has():
    def blocks(**texts):
        return [{"id": name, "kind": "text", "by": "", "text": words} for name, words in texts.items()]

    base = blocks(a="a", b="b", c="c")
    found, clashes = merge(base, blocks(a="theirs", c="c", d="d"), blocks(x="x", a="mine", b="mine too", c="c"))
    assert clashes == 1
    assert [one["text"] for one in found] == ["x", "theirs", "mine", "mine too", "c", "d"]
    assert len({one["id"] for one in found}) == 6
    assert merge(base, base, base) == (base, 0)
    assert [one["text"] for one in merge(base, base, blocks(c="c"))[0]] == ["c"]
    told = differences(base, blocks(c="c", a="a", b="other"))
    assert [one.what for one in told] == ["moved", "changed"] or [one.what for one in told] == [
        "moved",
        "moved",
        "changed",
    ]


def test_a_draft_is_its_writers_own(cast, runs):
    number = make(cast.alice.browser, visible="connection")
    draft = {"title": "", "blocks": [text("half a thought"), {"kind": "file", "uri": "s3:/"}, CURVES], "base": 2}
    html = post(cast.alice.browser, f"/reports/{number}/edit/preview/", draft).content.decode()
    assert "half a thought" in html and "names no file yet" in html
    feed = html.partition('data-feed="')[2].partition('"')[0]
    assert feed.endswith("?of=draft") and len(cast.alice.browser.get(feed).json()["series"]) == 3
    assert cast.dan.browser.get(feed).status_code == 404
    assert "half a thought" not in cast.dan.browser.get(f"/reports/{number}/?of=draft").content.decode()
    assert "half a thought" in cast.alice.browser.get(f"/reports/{number}/edit/").content.decode()
    post(cast.alice.browser, f"/reports/{number}/edit/draft/", {"drop": True})
    assert "half a thought" not in cast.alice.browser.get(f"/reports/{number}/edit/").content.decode()


def test_a_private_report_is_nobody_elses(cast):
    number = make(cast.alice.browser, text("mine"))
    for person in (cast.dan, cast.ada, cast.vera):
        for page in ("", "edit/", "history/", "share/", "export/md/"):
            assert person.browser.get(f"/reports/{number}/{page}").status_code in (403, 404), page
        assert "Churn" not in person.browser.get("/reports/").content.decode()
    post(cast.alice.browser, f"/reports/{number}/share/visible/", visible="connection")
    assert cast.vera.browser.get(f"/reports/{number}/").status_code == 200
    assert cast.vera.browser.get(f"/reports/{number}/edit/").status_code == 403
    assert post(cast.dan.browser, f"/reports/{number}/delete/").status_code == 403
    assert cast.charlie.browser.get(f"/reports/{number}/").status_code == 403


def test_other_pages_add_a_block(cast, runs):
    address = "/reports/add/?kind=chart&runs=churn-1,churn-2&metrics=auc,val%252Closs&x=relative&figure=curve&title=Two"
    html = cast.alice.browser.get(address).content.decode()
    assert "A new report" in html and "churn-1 &lt;b&gt;" in html
    answer = post(cast.alice.browser, "/reports/add/", kind="chart", runs="churn-1,churn-2", metrics="auc,val%2Closs",
                  x="relative", new_title="Made here")  # fmt: skip
    number = int(answer["Location"].split("/")[2])
    block = Report.objects.get(pk=number).blocks[0]
    assert (block["runs"], block["metrics"], block["x"]) == (["churn-1", "churn-2"], ["auc", "val,loss"], "relative")
    post(
        cast.alice.browser,
        "/reports/add/",
        kind="number",
        experiment="churn",
        q="params.depth = 3",
        metric="auc",
        report=str(number),
    )
    assert [one["kind"] for one in Report.objects.get(pk=number).blocks] == ["chart", "number"]
    assert "of 1 run<" in cast.alice.browser.get(f"/reports/{number}/").content.decode()
    table = "/reports/add/?kind=table&experiment=churn&c=params.depth&c=dataset&c=metrics.auc.max&sort=-params.depth"
    html = cast.alice.browser.get(table).content.decode()
    assert html.count('name="c"') == 3 and '<th scope="col">auc (max)</th>' in html and "dataset</th>" not in html
    others = make(cast.dan.browser)
    assert post(cast.alice.browser, "/reports/add/", kind="number", report=str(others)).status_code == 400


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_report_as_a_file_holds_everything(cast, aws, runs, form):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="x.png", Body=b"\x89PNG\r\n\x1a\n")
    image = {"kind": "file", "uri": f"s3://{aws.bucket}/x.png", "alt": "An image"}
    code = {"kind": "code", "language": "python", "text": "print('</pre>')"}
    number = make(cast.alice.browser, text("Words"), CURVES, TABLE, NUMBER, image, code, {**CURVES, "figure": "bar"})
    answer = cast.alice.browser.get(f"/reports/{number}/export/{form}/")
    body = answer.content.decode()
    assert answer["Content-Disposition"] == f'attachment; filename="Churn.{form}"'
    assert "Words" in body and "0.72" in body and "print(" in body
    if form == "html":
        assert "<script" not in body and "http://" not in body and "data:image/png;base64,iVBORw0K" in body
        assert body.count("<polyline") == 3 and "<b>bold" not in body
    else:
        assert "| churn-3 \\<b\\>bold\\</b\\> | 0.72 | 5 |" in body and f"![An image](s3://{aws.bucket}/x.png)" in body
    assert cast.alice.browser.get(f"/reports/{number}/export/exe/").status_code == 404


def test_a_comment_tells_whom_it_mentions_if_they_may_look(cast):
    number = make(cast.alice.browser, visible="connection")
    words = f"Look, @{cast.rosa.name} and @{cast.charlie.name} <script>"
    post(cast.alice.browser, f"/reports/{number}/comments/", text=words)
    assert Notification.objects.filter(user=cast.rosa.user).count() == 1
    assert not Notification.objects.filter(user=cast.charlie.user).exists()
    html = cast.rosa.browser.get(f"/reports/{number}/").content.decode()
    assert "&lt;script&gt;" in html and "<script> " not in html
    comment = Report.objects.get(pk=number).comments.get()
    delete = f"/reports/{number}/comments/{comment.pk}/delete/"
    assert post(cast.rosa.browser, delete).status_code == 403
    post(cast.alice.browser, delete)
    assert "Taken back" in cast.rosa.browser.get(f"/reports/{number}/").content.decode()
