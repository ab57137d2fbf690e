"""Versions, differences and PDFs by REST."""

import time


def test_versions_and_what_differs(desk, card):
    listed = desk.rest("GET", "/model-cards/churn/versions/", 200)
    assert [one["version"] for one in listed] == [2, 1]
    first = desk.rest("GET", "/model-cards/churn/versions/1/", 200)
    assert first["content"]["intended_uses"]["risk_rating"] == "Medium" and first["missing"] == []
    assert "business_details.business_problem" in desk.rest("GET", "/model-cards/churn/versions/2/", 200)["missing"]
    found = desk.rest("GET", "/model-cards/churn/diff/?old=1&new=2", 200)
    assert {"section": "Intended uses", "place": "Risk rating", "old": "Medium", "new": "High"} in found
    assert len(found) == 4
    desk.rest("GET", "/model-cards/churn/versions/9/", 404)
    desk.rest("GET", "/model-cards/nobody/versions/", 404)


def test_a_pdf_from_asking_to_fetching(desk, card, runner):
    job = desk.rest("POST", "/model-cards/churn/exports/", 202, {"version": 1})
    assert (job["status"], job["version"]) == ("InProgress", 1)
    path = f"/model-cards/churn/exports/{job['name']}/"
    deadline = time.monotonic() + 60
    while (found := desk.rest("GET", path, 200))["status"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found["status"] == "Completed", found
    assert found["uri"].startswith(f"s3://sagemaker-us-east-1-{desk.aws.number}/model-cards/churn/1/")
    answer = desk.rest("GET", f"{path}card.pdf", 200)
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert job["name"] in desk.get("/model-cards/churn/exports/")
    assert desk.get(f"/model-cards/churn/exports/{job['name']}/card.pdf").startswith("%PDF-")
    desk.rest("GET", "/model-cards/churn/exports/nothing/", 404)
    desk.rest("POST", "/model-cards/churn/exports/", 400, {"folder": "s3://nobody-has-this/x"})


def test_who_may_not_is_refused(desk, card):
    viewer, outsider = desk.with_role("Viewer"), desk.with_role(None)
    viewer.rest("GET", "/model-cards/churn/versions/", 200)
    viewer.rest("POST", "/model-cards/churn/exports/", 403, {})
    for path in ("versions/", "versions/1/", "diff/?old=1&new=2", "exports/"):
        answer = outsider.client.get(
            f"/api/v1/model-cards/churn/{path}", headers={"Atelier-Connection": f"desk-{desk.aws.number}"}
        )
        assert answer.status_code in (403, 404), (path, answer.status_code)
