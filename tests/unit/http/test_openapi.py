"""The OpenAPI documents are enough to use the APIs by: every path explained, every example accepted."""

from typing import Any

import pytest

from silkway.credit.api import API as CREDIT
from silkway.logistics.api import API as LOGISTICS
from silkway.messaging.http import Api, create_api
from silkway.notify.api import API as NOTIFY
from silkway.order.api import API as ORDER
from tests.unit.http.counter import open_counter

APIS = [ORDER, LOGISTICS, CREDIT, NOTIFY]
by_service = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)


def operations(api: Api) -> list[tuple[str, str, dict[str, Any]]]:
    paths = create_api(api).openapi()["paths"]
    return [(method, path, operation) for path, item in paths.items() for method, operation in item.items()]


@by_service
def test_every_operation_is_explained_with_its_problems(api: Api) -> None:
    facts = {fact.__name__ for fact in api.facts}
    for method, path, operation in operations(api):
        assert operation["summary"], path
        assert operation["description"], path
        statuses = set(operation["responses"])
        assert {"400", "422", "503"} <= statuses, path
        if method == "post":
            assert {"408", "413", "415"} <= statuses, path
            assert operation["operationId"] not in facts or {"202", "409"} <= statuses, path
        if "{" in path:
            assert method == "post" or "404" in statuses, path
        for status in statuses - {"200", "202"}:
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
        assert any(p["name"] == "Silkway-Tenant" for p in operation["parameters"]), path
        assert {"401", "403", "429"} <= statuses, path


@by_service
def test_every_reference_leads_somewhere(api: Api) -> None:
    document = create_api(api).openapi()
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    assert set(references(document)) <= schemas


@by_service
async def test_every_example_is_accepted(api: Api) -> None:
    counter = open_counter(api)
    facts = {fact.__name__ for fact in api.facts}
    for _, path, operation in operations(api):
        if operation["operationId"] in facts:  # the others read the database first
            example = operation["requestBody"]["content"]["application/json"]["example"]
            where = path.format(
                order_id="PO-1001",
                shipment_id="SH-77",
                incident_id="DELAY-1",
                quote_id="Q-1",
                booking_id="PO-1001/1",
                subscription_id="shop-eu",
                supplier_id="S-42",
                finding_id="0b8e3b1e-5c0e-5d4e-8f6e-0d1c5a1b2c3d",
            )
            response = await counter.post(where, example)
            assert response.status_code == 202, response.text
    assert len(counter.log.published) == len(api.facts)


@by_service
def test_every_operation_carries_one_scope_and_no_scope_is_for_nothing(api: Api) -> None:
    writes = set()
    for method, path, operation in operations(api):
        assert "security" in operation, (
            f"{method} {path}: name {operation['operationId']} in the service's Api"
        )
        (scope,) = operation["security"][0]["key"]
        assert (scope == "read") == (method == "get"), path
        if method != "get":
            writes.add(operation["operationId"])
    assert writes == set(api.scopes.of)


def test_what_only_operations_and_administrators_may_do() -> None:
    def named(scope: str) -> set[str]:
        return {name for api in APIS for name, its in api.scopes.of.items() if its == scope}

    assert named("operate") == {
        "PaymentAssigned", "PayoutApproved", "PayoutCountersigned", "DisputeResolved", "ClaimDecided",
        "OverrideProposed", "OverrideApproved",
        "AcknowledgementRequested", "FindingSettled", "ReplayRequested", "PauseRequested", "ResumeRequested",
        "preview_parked", "redrive_parked", "discard_parked",
    }  # fmt: skip
    assert named("admin") == {"SubscriptionRegistered", "erase", "erase_again"}


def test_keys_are_described_and_need_not_be_asked_for() -> None:
    document = create_api(ORDER).openapi()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all({} in operation["security"] for _, _, operation in operations(ORDER))
