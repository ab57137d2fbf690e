"""An event when a run ends, once."""

from catalog.events import envelope
from catalog.models import Event


def test_a_run_that_ends_is_told_of_once(aws):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="churn")
    sagemaker.create_trial(TrialName="trees", ExperimentName="churn")
    sagemaker.create_trial_component(TrialComponentName="tree", Status={"PrimaryStatus": "InProgress"})
    sagemaker.associate_trial_component(TrialComponentName="tree", TrialName="trees")
    for change in (
        {"DisplayName": "a-tree"}, {"Status": {"PrimaryStatus": "Failed", "Message": "no rows"}}, {"DisplayName": "tree"},
        {"Status": {"PrimaryStatus": "Failed", "Message": "no rows"}},
    ):  # fmt: skip
        sagemaker.update_trial_component(TrialComponentName="tree", **change)
    told = [
        envelope(one) for one in Event.objects.filter(connection=aws.connection, detail_type="Atelier Run State Change")
    ]
    assert len(told) == 1 and told[0]["resources"][0].endswith(":experiment-trial-component/tree")
    detail = told[0]["detail"]
    assert (detail["TrialComponentStatus"], detail["Experiments"], detail["DisplayName"], detail["Message"]) == (
        "Failed", ["churn"], "a-tree", "no rows",
    )  # fmt: skip
