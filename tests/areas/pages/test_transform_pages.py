"""The pages of transform jobs: a model is tested on a dataset in two clicks, and each record stands beside its inference."""

import json
import re
from html import unescape

import pytest

from tests.areas.pages.conftest import wait_for

CREATE = "/transform-jobs/create/"


def form_of(page: str) -> dict:
    """What a browser would send of the create form as it stands."""
    form = page[page.index('id="job-form"') : page.index('id="preview"')]
    data = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (("radio" not in tag and "checkbox" not in tag) or "checked" in tag):
            data[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options) or re.search(
            r'<option(?: value="([^"]*)")?>([^<]*)', options
        )
        data[name] = unescape(chosen[1] if chosen[1] is not None else chosen[2])
    return data


@pytest.fixture(scope="session")
def tested(walk, trained) -> str:
    """The name of a job that two clicks on a model's page have made, completed."""
    from areas.models.from_job import model_request

    sagemaker = walk.aws.client("sagemaker")
    sagemaker.create_model(**model_request(walk.record("TrainingJob", trained), "penguins-tested"))
    link = re.search(r'href="(/transform-jobs/create/\?model=[^"]+)"', walk.get("/models/penguins-tested/"))[1]
    data = form_of(walk.get(unescape(link)))
    assert (data["model"], data["source"], data["dataset"]) == ("penguins-tested", "dataset", "penguins/v1")
    walk.post(CREATE, data)
    run = walk.submit("TransformJob", data["name"])
    assert not run.error
    wait_for(lambda: walk.record("TransformJob", data["name"]).status in ("Completed", "Failed"))
    job = walk.record("TransformJob", data["name"])
    assert job.status == "Completed", job.document.get("FailureReason")
    return job.name


def test_records_stand_beside_their_inferences(walk, tested):
    page = walk.get(f"/transform-jobs/{tested}/records/")
    heads = re.findall(r'<th scope="col" class="mono[^"]*">([^<]*)', page)
    assert heads[:2] == ["species", "island"] and heads[-3:] == ["inference 0", "inference 1", "inference 2"]
    assert page.count("<tr>") == 51
    accuracy = float(re.search(r"<dt>Accuracy</dt><dd class=\"tile-value\">([\d.]+)", page)[1])
    assert accuracy > 0.9
    rows = int(re.search(r"over (\d+) rows", page)[1])
    following = unescape(re.search(r'href="(\?[^"]*at=[^"]+)"', page)[1])
    second = walk.get(f"/transform-jobs/{tested}/records/{following}")
    assert second.count("<tr>") == 1 + rows - 50
    assert "Next page" not in second and '<td class="num muted">51</td>' in second
    walk.get(f"/transform-jobs/{tested}/records/?at=no-such-place")
    walk.get(f"/transform-jobs/{tested}/records/?of=../../secret", status=404)


def test_every_tab(walk, tested):
    page = walk.get(f"/transform-jobs/{tested}/")
    assert "penguins v1" in page and "$[1:]" in page and "create_transform_job" in page
    logs = walk.get(f"/transform-jobs/{tested}/logs/")
    stream = re.search(r'<option value="([^"]+/data-log)">', logs)[1]
    said = json.loads(walk.get(f"/transform-jobs/{tested}/log.json?stream={stream}"))
    assert "MaxPayloadInMB=6" in said["events"][0][1]
    assert "MaxPayloadInMB=6" in walk.get(f"/transform-jobs/{tested}/log.txt")
    assert "DescribeTransformJob" in walk.get(f"/transform-jobs/{tested}/configuration/")
    assert tested in walk.get("/transform-jobs/")
    assert walk.get(f"/transform-jobs/{tested}/live/?seen=Completed").count("tile") > 3
    clone = form_of(walk.get(f"{CREATE}?clone={tested}"))
    assert (clone["model"], clone["dataset"], clone["part"]) == ("penguins-tested", "penguins/v1", "validation")


def test_from_a_dataset_the_model_that_learned_it_is_offered(walk, tested):
    link = re.search(r'href="(/transform-jobs/create/\?dataset=[^"]+)"', walk.get("/datasets/penguins/"))[1]
    data = form_of(walk.get(unescape(link)))
    assert (data["model"], data["dataset"], data["label"]) == ("penguins-tested", "penguins/v1", "species")


def test_files_in_s3_and_what_is_wrong_with_them(walk, tested):
    data = form_of(walk.get(CREATE)) | {"source": "s3", "name": "of-files"}
    assert "Say where the records lie" in walk.post(CREATE, data, 422).content.decode()
    wrong = data | {"uri": "s3://b/x/", "input_filter": "$.id", "model": "nobody", "name": "no good"}
    page = unescape(walk.post(CREATE, wrong, 422).content.decode())
    for sentence in (
        "can't pick from text/csv",
        'Could not find model "nobody"',
        "Member must satisfy regular expression",
    ):
        assert sentence in page
    shown = walk.post(f"{CREATE}preview/", data | {"uri": "s3://b/x/", "join": "on"}, 200).content.decode()
    assert "JoinSource" in unescape(shown) and "s3://b/x/" in unescape(shown)


def test_outsiders_see_nothing(walk, tested):
    from django.contrib.auth import get_user_model
    from django.test import Client

    charlie = Client()
    charlie.force_login(get_user_model().objects.get_or_create(username="charlie-of-transforms")[0])
    session = charlie.session
    session["connection"] = f"walk-{walk.aws.number}"
    session.save()
    for path in ("", "records/", "logs/", "configuration/", "log.json", "log.txt", "live/"):
        assert charlie.get(f"/transform-jobs/{tested}/{path}").status_code in (302, 403, 404)
    assert charlie.post(f"/transform-jobs/{tested}/stop/").status_code in (302, 403, 404)
    assert charlie.post(CREATE, {}).status_code in (302, 403, 404)
