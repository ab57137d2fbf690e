"""QueryLineage over the wire."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.fixture
def chain(sagemaker) -> dict[str, str]:
    """raw → split (a job) → train, test → fit (a job) → model → deploy → endpoint; image → fit. Word → ARN."""
    arns = {}
    for word, type in (
        ("raw", "DataSet"),
        ("train", "DataSet"),
        ("test", "DataSet"),
        ("image", "Image"),
        ("model", "Model"),
    ):
        arns[word] = sagemaker.create_artifact(
            Source={"SourceUri": f"s3://b/{word}"}, ArtifactType=type, Properties={"word": word}
        )["ArtifactArn"]
    for word in ("split", "fit"):
        arns[word] = sagemaker.create_trial_component(TrialComponentName=word)["TrialComponentArn"]
    source = {"Source": {"SourceUri": "x"}}
    arns["deploy"] = sagemaker.create_action(ActionName="deploy", ActionType="ModelDeployment", **source)["ActionArn"]
    arns["endpoint"] = sagemaker.create_context(ContextName="endpoint", ContextType="Endpoint", **source)["ContextArn"]
    for pair in ("raw split", "split train", "split test", "train fit", "test fit", "image fit", "fit model",
                 "model deploy", "deploy endpoint"):  # fmt: skip
        source, destination = pair.split()
        sagemaker.add_association(
            SourceArn=arns[source], DestinationArn=arns[destination], AssociationType="ContributedTo"
        )
    return arns


@pytest.fixture
def ask(sagemaker, chain):
    words = {arn: word for word, arn in chain.items()}

    def ask(start: str, **request) -> tuple[list[str], set[str]]:
        """(words of the vertices in their order, "source destination" of the edges)"""
        answer = sagemaker.query_lineage(StartArns=[chain[start]], **request)
        edges = {f"{words[edge['SourceArn']]} {words[edge['DestinationArn']]}" for edge in answer["Edges"]}
        assert len(edges) == len(answer["Edges"])
        return [words[vertex["Arn"]] for vertex in answer["Vertices"]], edges

    return ask


def test_ascendants_nearest_first_and_without_the_start(ask):
    vertices, edges = ask("endpoint", Direction="Ascendants")
    assert vertices[:3] == ["deploy", "model", "fit"]
    assert set(vertices[3:6]) == {"train", "test", "image"} and vertices[6:] == ["split", "raw"]
    assert edges == set()  # not asked for


def test_descendants_is_the_default(ask):
    assert ask("model")[0] == ["deploy", "endpoint"] == ask("model", Direction="Descendants")[0]


def test_both_are_ancestors_and_descendants_but_no_siblings(ask):
    vertices, _ = ask("train", Direction="Both")
    assert set(vertices) == {"split", "raw", "fit", "model", "deploy", "endpoint"}


def test_max_depth(ask):
    assert ask("endpoint", Direction="Ascendants", MaxDepth=1)[0] == ["deploy"]
    assert "train" not in ask("endpoint", Direction="Ascendants", MaxDepth=3)[0]
    assert "train" in ask("endpoint", Direction="Ascendants", MaxDepth=4)[0]


def test_vertices_have_type_and_kind(sagemaker, chain):
    answer = sagemaker.query_lineage(StartArns=[chain["raw"]], MaxDepth=2)["Vertices"]
    assert {(one["Type"], one["LineageType"]) for one in answer} == {
        ("ExperimentTrialComponent", "TrialComponent"), ("DataSet", "Artifact"),
    }  # fmt: skip


def test_filters_limit_what_is_answered_and_not_what_is_walked(ask):
    only = {"Filters": {"LineageTypes": ["Artifact"]}}
    vertices, edges = ask("endpoint", Direction="Ascendants", IncludeEdges=False, **only)
    assert set(vertices) == {"model", "train", "test", "image", "raw"} and edges == set()
    assert set(ask("endpoint", Direction="Ascendants", Filters={"Types": ["DataSet"]})[0]) == {"train", "test", "raw"}


def test_edges_bring_what_is_on_the_way(ask):
    vertices, edges = ask("endpoint", Direction="Ascendants", IncludeEdges=True, Filters={"Types": ["Image"]})
    assert set(vertices) == {"deploy", "model", "fit", "image"}
    assert edges == {"deploy endpoint", "model deploy", "fit model", "image fit"}
    vertices, edges = ask("fit", Direction="Both", IncludeEdges=True, Filters={"Types": ["Endpoint", "Image"]})
    assert set(vertices) == {"image", "model", "deploy", "endpoint"}
    assert edges == {"image fit", "fit model", "model deploy", "deploy endpoint"}
    assert len(ask("endpoint", Direction="Ascendants", IncludeEdges=True)[1]) == 9


def test_filters_by_property_and_time(sagemaker, ask, chain):
    wanted = {"Properties": {"word": "raw", "other": "x"}}
    assert ask("model", Direction="Ascendants", Filters=wanted)[0] == ["raw"]
    made = sagemaker.describe_artifact(ArtifactArn=chain["test"])["CreationTime"]
    assert set(ask("fit", Direction="Ascendants", Filters={"CreatedBefore": made})[0]) == {"train", "raw"}
    assert set(ask("fit", Direction="Ascendants", Filters={"CreatedAfter": made})[0]) == {"image", "split"}
    sagemaker.update_artifact(ArtifactArn=chain["raw"], Properties={})
    changed = sagemaker.describe_artifact(ArtifactArn=chain["raw"])["LastModifiedTime"]
    since = ask("model", Direction="Ascendants", Filters={"ModifiedBefore": changed})[0]
    assert "raw" not in since and "train" in since


def test_pages_hold_every_vertex_and_edge_once(sagemaker, chain):
    asked = {"StartArns": [chain["endpoint"]], "Direction": "Ascendants", "IncludeEdges": True, "MaxResults": 3}
    vertices, edges, token = [], [], {}
    while True:
        page = sagemaker.query_lineage(**asked, **token)
        assert len(page["Vertices"]) <= 3
        vertices += [one["Arn"] for one in page["Vertices"]]
        edges += [(one["SourceArn"], one["DestinationArn"]) for one in page["Edges"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(vertices) == len(set(vertices)) == 8
    assert len(edges) == len(set(edges)) == 9


def test_cycles_end(sagemaker, ask, chain):
    sagemaker.add_association(SourceArn=chain["endpoint"], DestinationArn=chain["deploy"])
    sagemaker.add_association(SourceArn=chain["deploy"], DestinationArn=chain["model"])
    vertices, edges = ask("model", IncludeEdges=True)
    assert vertices == ["deploy", "endpoint"]
    assert edges == {"model deploy", "deploy endpoint", "endpoint deploy", "deploy model"}
    assert "raw" in ask("endpoint", Direction="Ascendants")[0]


def test_without_a_start_all_that_fits(sagemaker, chain):
    answer = sagemaker.query_lineage(Filters={"Types": ["DataSet"]})["Vertices"]
    assert [one["Arn"] for one in answer] == [chain["raw"], chain["train"], chain["test"]]
    first = sagemaker.query_lineage(MaxResults=4)
    second = sagemaker.query_lineage(MaxResults=4, NextToken=first["NextToken"])
    third = sagemaker.query_lineage(MaxResults=4, NextToken=second["NextToken"])
    arns = [one["Arn"] for page in (first, second, third) for one in page["Vertices"]]
    assert arns == list(chain.values()) and "NextToken" not in third


@pytest.mark.parametrize("wrong", [{"MaxDepth": 11}, {"MaxResults": 51}, {"MaxDepth": 0}, {"MaxResults": 0}])
def test_limits(sagemaker, chain, wrong):
    with pytest.raises(ClientError) as raised:
        sagemaker.query_lineage(StartArns=[chain["raw"]], **wrong)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_rules_about_single_things_hide_the_others_and_their_associations(aws, chain):
    """The walk goes on behind what is hidden, as it does behind what a filter leaves out."""
    from django.contrib.auth import get_user_model

    from catalog.models import AccessKey, Grant, Role
    from tests.stage import Account

    name = f"viewer-{aws.number}"
    seen = [chain[word].rpartition("/")[2] for word in ("raw", "model", "image")]
    role = Role.objects.create(name=name, rules=[
        {"verbs": ["view"], "nouns": ["Lineage", "Association"]},
        {"verbs": ["view"], "nouns": ["Artifact"], "names": seen},
    ])  # fmt: skip
    Grant.objects.create(role=role, connection=aws.connection, user=get_user_model().objects.create_user(name))
    limited = Account(aws.engine, aws.number)
    AccessKey.objects.filter(key_id=limited.key.key_id).update(user=name)
    sagemaker = limited.client("sagemaker")
    found = sagemaker.query_lineage(StartArns=[chain["model"]], Direction="Ascendants", IncludeEdges=True)
    assert {one["Arn"] for one in found["Vertices"]} == {chain["raw"], chain["image"]}
    assert found["Edges"] == []
    assert sagemaker.list_associations()["AssociationSummaries"] == []
    with pytest.raises(ClientError) as raised:
        sagemaker.query_lineage(StartArns=[chain["train"]])
    assert raised.value.response["Error"]["Code"] == "ResourceNotFound"
    with pytest.raises(ClientError) as raised:
        sagemaker.delete_association(SourceArn=chain["raw"], DestinationArn=chain["split"])
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
