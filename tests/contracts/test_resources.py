"""Every declared Resource keeps the contract of the generic verbs, and botocore is the judge of each answer."""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from areas.index import resources
from areas.spec import Resource
from engine import store
from engine.context import Context
from engine.verbs import properties
from engine.wire import services
from tests.stage import Account

T = 1_700_000_000.0
NOUNS = sorted(resources())

pytestmark = pytest.mark.parametrize("noun", NOUNS)


@pytest.fixture
def resource(noun) -> Resource:
    return resources()[noun]


@pytest.fixture
def ask(aws):
    """Ask an operation, and have its answer checked against the output shape: no member missing, none of another type."""

    def ask(operation: str, account: Account = aws, **request) -> dict:
        answer = getattr(account.client("sagemaker"), xform_name(operation))(**request)
        answer.pop("ResponseMetadata")
        shape = services.service("sagemaker").operation(operation).output_shape
        if shape is not None:
            report = ParamValidator().validate(answer, shape)
            assert not report.has_errors(), f"{operation}: {report.generate_report()}"
        return answer

    return ask


def least(shape, name: str = ""):
    """The least value that a shape allows: what it requires and no more."""
    if shape.type_name == "structure":
        return {member: least(shape.members[member], member) for member in shape.required_members}
    if shape.type_name == "list":
        return [least(shape.member)] * max(shape.metadata.get("min", 0), 0)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "timestamp":
        return T
    if shape.type_name == "boolean":
        return False
    if shape.type_name == "string":
        return (getattr(shape, "enum", None) or ["arn:aws:iam::123456789012:role/Role"])[0]
    return shape.metadata.get("min", 1)


@pytest.fixture
def put(aws, resource):
    """Store a thing of the noun, with all that its Describe and Search require, as its handler would."""
    searched = properties.record_shape(resource)[1] if resource.search else None
    describe = services.service("sagemaker").operation(f"Describe{resource.noun}").output_shape

    def put(name: str, at: float = T, status: str = "", **document) -> None:
        context = Context("sagemaker", f"Create{resource.noun}", aws.number, aws.region, user="alice", now=at)
        if resource.status_field and not status:
            status = (resource.terminal or tuple(describe.members[resource.status_field].enum))[0]
        computed = {
            resource.name_field,
            resource.arn_field,
            resource.status_field,
            resource.created_field,
            resource.modified_field,
        }
        required = {**least(describe), **(least(searched) if searched else {})}
        required = {member: value for member, value in required.items() if member not in computed}
        store.create(context, resource, name, {**required, **document}, status=status)

    return put


def results(answer: dict) -> list[dict]:
    return next(value for value in answer.values() if isinstance(value, list))


def names(resource: Resource, answer: dict) -> list[str]:
    return [thing[resource.name_field] for thing in results(answer)]


def inputs(operation: str) -> dict:
    return services.service("sagemaker").operation(operation).input_shape.members


def test_the_operations_exist(resource):
    known = services.service("sagemaker").operations
    assert {f"Describe{resource.noun}", f"List{resource.plural}"} <= known
    assert resource.sort[1] in ("Ascending", "Descending")


def test_its_own_words_are_of_the_model(resource):
    described = services.service("sagemaker").operation(f"Describe{resource.noun}").output_shape.members
    assert {resource.name_field, resource.arn_field, resource.created_field} <= described.keys()
    if resource.modified_field:
        assert resource.modified_field in described
    if resource.status_field:
        statuses = described[resource.status_field].enum
        named = {
            *resource.terminal,
            *(status for action in resource.actions for status in (*action.when, *action.unless)),
        }
        assert named <= set(statuses)
    if resource.search:
        assert resource.search in inputs("Search")["Resource"].enum
    for action in resource.actions:
        assert action.operation in services.service("sagemaker").operations


def test_describe_answers_what_was_stored(resource, put, ask):
    put("thing", T + 0.123)
    answer = ask(f"Describe{resource.noun}", **{resource.name_field: "thing"})
    assert answer[resource.name_field] == "thing"
    assert answer[resource.created_field].timestamp() == pytest.approx(T + 0.123, abs=1e-6)


def test_what_is_not_there_gets_the_nouns_own_error(resource, aws, ask):
    code, text = resource.missing
    with pytest.raises(ClientError) as raised:
        ask(f"Describe{resource.noun}", **{resource.name_field: "nobody"})
    arn = resource.arn(aws.number, aws.region, "nobody")
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["Error"]["Message"] == text.format(name="nobody", arn=arn, noun=resource.noun)


def test_a_taken_name_gets_the_nouns_own_error(resource, aws, put):
    put("thing")
    with pytest.raises(store.AwsError) as raised:
        put("thing")
    arn = resource.arn(aws.number, aws.region, "thing")
    assert (raised.value.code, raised.value.message) == (
        resource.duplicate[0], resource.duplicate[1].format(name="thing", arn=arn, noun=resource.noun),
    )  # fmt: skip


def test_list_in_its_default_order_and_page_size(resource, put, ask):
    for at in range(resource.page_size + 1):
        put(f"thing-{at:03}", T + at)
    expected = [f"thing-{at:03}" for at in range(resource.page_size + 1)]
    if resource.sort[1] == "Descending":
        expected.reverse()
    first = ask(f"List{resource.plural}")
    assert names(resource, first) == expected[: resource.page_size]
    second = ask(f"List{resource.plural}", NextToken=first["NextToken"])
    assert names(resource, second) == expected[resource.page_size :]
    assert "NextToken" not in second


def test_every_sort_pages_without_gap_or_overlap(resource, put, ask):
    for at in range(5):
        put(f"thing-{at * 3 % 5}", T + at // 2)
    operation = f"List{resource.plural}"
    orders = inputs(operation)["SortOrder"].enum if "SortOrder" in inputs(operation) else [None]
    for by in inputs(operation)["SortBy"].enum if "SortBy" in inputs(operation) else [None]:
        for order in orders:
            asked = {key: value for key, value in (("SortBy", by), ("SortOrder", order)) if value}
            whole = names(resource, ask(operation, **asked))
            paged, token = [], {}
            while True:
                answer = ask(operation, MaxResults=2, **asked, **token)
                paged += names(resource, answer)
                if "NextToken" not in answer:
                    break
                token = {"NextToken": answer["NextToken"]}
            assert paged == whole
            assert sorted(whole) == [f"thing-{at}" for at in range(5)]


def test_every_filter_of_the_operation_works(resource, put, ask):
    """Each filter is asked for: those that fit find the things, those that don't find none, and none is refused."""
    put("thing-a", T)
    put("thing-b", T + 10)
    operation = f"List{resource.plural}"
    before, after = T - 3600, T + 3600
    fits = {"NameContains": "thing", "CreationTimeAfter": before, "CreationTimeBefore": after,
            "LastModifiedTimeAfter": before, "LastModifiedTimeBefore": after}  # fmt: skip
    misses = {"NameContains": "other", "CreationTimeAfter": after, "CreationTimeBefore": before,
              "LastModifiedTimeAfter": after, "LastModifiedTimeBefore": before}  # fmt: skip
    for name, shape in inputs(operation).items():
        if name in ("NextToken", "MaxResults", "SortBy", "SortOrder"):
            continue
        if name in fits:
            assert len(results(ask(operation, **{name: fits[name]}))) == 2, name
            assert results(ask(operation, **{name: misses[name]})) == [], name
        else:
            value = least(shape) if shape.type_name != "string" or getattr(shape, "enum", None) else None
            if value is not None:
                assert len(results(ask(operation, **{name: value}))) <= 2


def test_accounts_do_not_see_each_others(resource, aws, put, ask):
    put("thing")
    other = Account(aws.engine, str(int(aws.number) + 500_000_000_000))
    assert results(ask(f"List{resource.plural}", other)) == []
    with pytest.raises(ClientError):
        ask(f"Describe{resource.noun}", other, **{resource.name_field: "thing"})


def test_search_answers_in_the_models_shape(resource, put, ask):
    if not resource.search:
        pytest.skip("SageMaker has no Search for it")
    put("thing-a", T)
    put("thing-b", T + 1)
    one = {"Filters": [{"Name": resource.name_field, "Value": "thing-b"}]}
    answer = ask("Search", Resource=resource.search, SearchExpression=one)
    assert answer["TotalHits"] == {"Value": 1, "Relation": "EqualTo"}
    assert len(answer["Results"]) == 1
    assert len(ask("Search", Resource=resource.search)["Results"]) == 2


def test_tags_by_its_arn(resource, aws, put, ask):
    put("thing")
    arn = resource.arn(aws.number, aws.region, "thing")
    ask("AddTags", ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
    assert [tag["Key"] for tag in ask("ListTags", ResourceArn=arn)["Tags"]] == ["a", "b"]
    ask("DeleteTags", ResourceArn=arn, TagKeys=["a"])
    assert [tag["Key"] for tag in ask("ListTags", ResourceArn=arn)["Tags"]] == ["b"]
