"""What is done to many runs at once, and what each of them says to it."""

import json

import pytest

from catalog.models import AuditEntry, Binned, Record, RunRow
from tests.areas.experiments import curves_stage as stage


@pytest.fixture
def runs(aws):
    """Sixty finished runs, more than a page, and one that goes on; made over the wire, for the wire changes them."""
    sagemaker = aws.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="churn")
    sagemaker.create_trial(TrialName="all", ExperimentName="churn")
    trial = Record.objects.get(connection=aws.connection, kind="Trial", name="all")
    made = [stage.run(aws.connection, f"done-{i}", trial=trial, parameters={"depth": i % 3}) for i in range(60)]
    sagemaker.create_trial_component(
        TrialComponentName="going", Status={"PrimaryStatus": "InProgress"}, DisplayName="going",
        Parameters={"depth": {"NumberValue": 6}, "objective": {"StringValue": "it's"}},
    )  # fmt: skip
    sagemaker.associate_trial_component(TrialComponentName="going", TrialName="all")
    return made


@pytest.fixture
def act(cast, runs):
    def act(what: str, *names: str, person=None, query: str = "", **more):
        data = {"act": what, "run": names, **more}
        return (person or cast.alice).browser.post(f"/experiments/churn/runs/act/{query}", data)

    return act


def going(aws) -> Record:
    return Record.objects.get(connection=aws.connection, kind="TrialComponent", name="going")


def test_stop_marks_what_goes_on_and_says_why_it_refuses_the_rest(act, aws):
    answer = act("stop", "going", "done-1")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Stopped 1 run." in page
    assert "done-1 has ended already." in page
    assert going(aws).document["Status"]["PrimaryStatus"] == "Stopped"
    assert going(aws).document["EndTime"]


def test_tags_come_and_go(act, aws):
    assert act("tag", "going", key="team", value="risk").status_code == 302
    assert dict(going(aws).tags.values_list("key", "value")) == {"team": "risk"}
    act("untag", "going", key="team")
    assert not going(aws).tags.exists()
    assert "A tag needs a key." in act("tag", "going", key=" ").content.decode()


def test_all_filtered_reaches_beyond_the_page(act, aws):
    act("archive", all="1", query="?q=params.depth+%3D+1&size=50")
    rows = RunRow.objects.filter(record__connection=aws.connection, archived__isnull=False)
    assert rows.count() == 20
    entry = AuditEntry.objects.filter(connection=aws.connection.name, action="ArchiveRun").get()
    assert json.loads(entry.detail)["count"] == 20
    act("unarchive", all="1", query="?archived=1")
    assert not rows.exists()


def test_deleted_runs_wait_in_the_bin_and_come_back(act, aws, cast):
    assert act("delete", all="1", query="?q=params.depth+%3D+2").status_code == 302
    assert Binned.objects.filter(record__connection=aws.connection).count() == 20
    page = cast.alice.browser.get("/experiments/?bin=1").content.decode()
    assert "29 days left" in page or "30 days left" in page
    record = Binned.objects.get(record__connection=aws.connection, name="done-2").record_id
    assert cast.vera.browser.post("/experiments/actions/", {"record": record}).status_code == 403
    assert cast.alice.browser.post("/experiments/actions/", {"record": record}).status_code == 302
    assert "done-2" in cast.alice.browser.get("/experiments/churn/?q=done-2").content.decode()


def test_an_unreadable_query_does_nothing(act, aws):
    act("delete", all="1", query="?q=params.depth+%3D")
    assert not Binned.objects.filter(record__connection=aws.connection).exists()


def test_notes_and_names_are_edited_in_place(cast, runs, aws):
    address, ask = "/experiments/churn/runs/edit/?c=note", {"headers": {"accept": "application/json"}}
    answer = cast.alice.browser.post(address, {"run": "going", "note": "**best** <b>so far"}, **ask)
    assert "**best** &lt;b&gt;so far" in answer.json()["cells"][0]
    assert RunRow.objects.get(record=going(aws)).note == "**best** <b>so far"
    assert (
        cast.alice.browser.post(address, {"run": "going", "label": "the winner"}, **ask).json()["label"] == "the winner"
    )
    assert RunRow.objects.get(record=going(aws)).title == "the winner"
    assert cast.alice.browser.post(address, {"run": "going", "note": "x" * 20_001}, **ask).status_code == 400
    assert cast.vera.browser.post(address, {"run": "going", "note": "no"}, **ask).status_code == 403


def test_a_run_without_a_job_is_cloned_as_code(cast, runs):
    page = cast.alice.browser.get("/experiments/churn/?part=clone&run=going").content.decode()
    assert "log_parameters" in page
    assert "it&#x27;s" in page or "it&#39;s" in page


def test_a_file_of_the_selection_holds_it_alone(cast, runs):
    answer = cast.alice.browser.post("/experiments/churn/runs/export/", {"run": ["done-3", "going"], "format": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert sorted(line.partition(",")[0] for line in lines[1:]) == ["done-3", "going"]


@pytest.mark.parametrize("what", ["stop", "tag", "archive", "delete"])
def test_who_may_only_look_changes_nothing(act, cast, aws, what):
    for person in (cast.vera, cast.charlie):
        assert act(what, "going", person=person, key="a").status_code == 403
    assert going(aws).document["Status"]["PrimaryStatus"] == "InProgress"
    assert not RunRow.objects.filter(record=going(aws), archived__isnull=False).exists()
