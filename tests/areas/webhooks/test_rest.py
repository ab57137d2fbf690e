"""Webhooks by REST."""

import json

from registry import work
from registry.webhooks.models import Delivery, Webhook

AT = "/api/v1/webhooks/"
JSON = {"content_type": "application/json"}


def make(person, receiver, **more):
    body = {"name": "chat", "url": receiver.url, "events": ["*"], **more}
    return person.rest.post(AT, json.dumps(body), **JSON)


def test_the_whole_life_of_a_webhook(people, receiver):
    rest = people.ada.rest
    answer = make(people.ada, receiver)
    assert answer.status_code == 201
    made = answer.json()
    at = f"{AT}{made['id']}/"
    assert made["secret"] == Webhook.objects.get().secret
    assert made["connection"] == "workbench"
    assert "secret" not in rest.get(at).json()
    assert [one["name"] for one in rest.get(AT).json()["items"]] == ["chat"]
    changed = rest.patch(at, json.dumps({"group": "churn-*", "enabled": False}), **JSON).json()
    assert (changed["group"], changed["enabled"], changed["events"]) == ("churn-*", False, ["*"])
    assert rest.post(f"{at}test/").status_code == 202
    assert rest.post(f"{at}secret/").json()["secret"] != made["secret"]
    work.work()
    (delivery,) = rest.get(f"{at}deliveries/?state=Delivered").json()["items"]
    assert delivery["log"][0]["status"] == 200
    again = f"{at}deliveries/{delivery['id']}/redeliver/"
    assert rest.post(again).status_code == 409
    rest.patch(at, json.dumps({"enabled": True}), **JSON)
    assert rest.post(again).json()["state"] == "Waiting"
    assert rest.post(again).status_code == 409
    assert rest.get(f"{at}deliveries/{delivery['id']}/").json()["message"] == Delivery.objects.get().message
    assert rest.delete(at).status_code == 204
    assert rest.get(at).status_code == 404


def test_refusals_are_problems_that_name_the_field(people, receiver):
    answer = make(people.ada, receiver, url="http://10.0.0.1/")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "url"
    make(people.ada, receiver)
    assert make(people.ada, receiver).json()["errors"][0]["at"] == "name"


def test_only_who_may_everywhere_makes_one_for_everything(people, receiver):
    assert make(people.ada, receiver, everywhere=True).status_code == 403
    assert make(people.root, receiver, everywhere=True).json()["connection"] is None


def test_others_are_refused(people, receiver):
    number = make(people.ada, receiver).json()["id"]
    for person in (people.vera, people.alice):
        assert make(person, receiver).status_code == 403
        for method, path in (
            ("get", ""), ("get", f"{number}/"), ("delete", f"{number}/"), ("post", f"{number}/test/"),
            ("post", f"{number}/secret/"), ("get", f"{number}/deliveries/"), ("post", f"{number}/deliveries/1/redeliver/"),
        ):  # fmt: skip
            assert getattr(person.rest, method)(f"{AT}{path}").status_code == 403, path
    assert Webhook.objects.count() == 1


def test_pages_of_the_delivery_log(people, receiver):
    number = make(people.ada, receiver).json()["id"]
    for _ in range(3):
        people.ada.rest.post(f"{AT}{number}/test/")
    first = people.ada.rest.get(f"{AT}{number}/deliveries/?limit=2").json()
    second = people.ada.rest.get(f"{AT}{number}/deliveries/?limit=2&cursor={first['next_cursor']}").json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 3
