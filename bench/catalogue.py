"""Every list of the four services, found in their OpenAPI documents, and what can be asked of it.

A list is a GET that answers with a page. Of each is asked: all of it, and one filter at a time with every value
that the document names, or only the one of `VALUES`; each from the beginning and from the middle (`MIDDLE`). A new list
or filter without a place here raises KeyError, so that it is tested and measured from its first day.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from silkway.credit.api import API as CREDIT
from silkway.logistics.api import API as LOGISTICS
from silkway.messaging.http import Api, create_api
from silkway.notify.api import API as NOTIFY
from silkway.order.api import API as ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APIS: Final[Mapping[str, Api]] = {api.name: api for api in (ORDER, LOGISTICS, CREDIT, NOTIFY)}

_DAY: Final = "2026-06-01T00:00:00Z"
_ORDER, _SHIPMENT, _SUPPLIER, _LANE = "PO-0500000", "SH-0500000", "S-05000", "CNNGB-DEHAM"
VALUES: Final[Mapping[str, str]] = {
    "buyer_id": "B-25000", "supplier_id": _SUPPLIER, "account_id": "VA-05000", "order_id": _ORDER,
    "destination": "DEHAM", "reference": "MSKU0500000", "at": _DAY, "currency_id": "EUR", "cause": "DELAY",
    "currency": "EUR", "recipient": "B-25000", "incident_id": "I-05000", "subscription_id": "SUB-00500",
    "topic": "trade.orders", "type": "silkway.order.drafted.v1", "error": "RuntimeError", "known_from": _DAY,
    "known_until": _DAY,
}  # fmt: skip
"""A value for each filter that has no few values of its own, and one of all currencies; `bench.lists` fills its
databases with these."""
_WITH: Final[Mapping[str, Mapping[str, str]]] = {
    "destination": {"origin": "CNNGB"},
    "reference": {"reference_kind": "CONTAINER"},
    "at": {"reference_kind": "CONTAINER", "reference": VALUES["reference"]},
    "recipient": {"audience": "BUYER"},
}
"""Filters that go only with others; the others are left out where they stand alone."""
_NEVER_ALONE: Final = {"origin", "reference_kind"}
_NO_FILTERS: Final = {"limit", "cursor", "language", "time_zone"}
MIDDLE: Final[Mapping[tuple[str, str], tuple[Any, ...]]] = {
    ("order", "/orders"): (_ORDER,),
    ("order", "/payments/unmatched"): ("P-0500000",),
    ("order", "/payments/return-due"): ("P-0500000",),
    ("order", "/refunds/due"): (_ORDER,),
    ("order", "/payouts/due"): (_ORDER,),
    ("logistics", "/rate-cards"): (_LANE, "CARD-50"),
    ("logistics", "/bookings"): (_ORDER, 1),
    ("logistics", "/shipments"): (_SHIPMENT,),
    ("credit", "/claims"): (_ORDER, "CL-1"),
    ("credit", "/suppliers"): (_SUPPLIER,),
    ("credit", "/rates"): (_DAY, "/bank", "R-1"),
    ("credit", "/holds"): ("H-0500000",),
    ("credit", "/holds/at-risk"): (_DAY, _ORDER),
    ("credit", "/suppliers/{supplier_id}/limits"): (500,),
    ("credit", "/suppliers/{supplier_id}/scores"): (500, "VOLUME"),
    ("credit", "/suppliers/{supplier_id}/record"): (500,),
    ("notify", "/incidents"): (_DAY, "I-05000"),
    ("notify", "/notices"): (_DAY, "N-0500000"),
    ("notify", "/orders"): (_ORDER,),
    ("notify", "/suppliers"): (_SUPPLIER,),
    ("notify", "/subscriptions"): ("SUB-00500",),
    ("notify", "/deliveries"): (_DAY, "D-0500000"),
    **{(service, "/parked"): (_DAY, "trade.orders/0/500") for service in APIS},
}
"""The key of a row in the middle of each list, as its cursor holds it."""


class Question(NamedTuple):
    """One GET of a list: a path with its ids filled in, and the parameters of the query."""

    service: str
    path: str
    filters: Mapping[str, str]
    deep: bool
    parameters: Mapping[str, str]

    def __str__(self) -> str:
        named = " ".join(f"{name}={value}" for name, value in self.filters.items())
        return " ".join(filter(None, (self.path, named, "deep" if self.deep else "")))


def lists(api: Api) -> dict[str, dict[str, Any]]:
    """The operations of an API that answer with a page, by path."""
    found = {}
    for path, item in create_api(api).openapi()["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "/Page_" in content.get("application/json", {}).get("schema", {}).get("$ref", ""):
            found[path] = item["get"]
    return found


def questions(service: str, path: str, operation: dict[str, Any]) -> Iterator[Question]:
    """All that is asked of a list."""
    filters = [p for p in operation["parameters"] if p["in"] == "query" and p["name"] not in _NO_FILTERS]
    always = {p["name"]: VALUES[p["name"]] for p in filters if p["required"]}
    chosen: list[dict[str, str]] = [{}]
    for parameter in filters:
        name = parameter["name"]
        if name not in _NEVER_ALONE and not parameter["required"]:
            values = [] if name in VALUES else _named_values(parameter["schema"])
            chosen += [{**_WITH.get(name, {}), name: value} for value in values or [VALUES[name]]]
    middle = base64.urlsafe_b64encode(json.dumps(MIDDLE[service, path]).encode()).decode().rstrip("=")
    for one in chosen:
        for deep in (False, True):
            cursor = {"cursor": middle} if deep else {}
            yield Question(service, path.format(**VALUES), one, deep, {**always, **one, **cursor})


def _named_values(schema: dict[str, Any]) -> list[str]:
    """The values that a schema names; of a switch only "on", for "off" is no filter."""
    several = [value for part in schema.get("anyOf", []) for value in _named_values(part)]
    on = ["true"] if schema.get("type") == "boolean" else []
    const: list[str] = [schema["const"]] if "const" in schema else []
    return [*several, *on, *const, *schema.get("enum", [])]
