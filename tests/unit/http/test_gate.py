"""Who comes in, as whom, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from structlog.testing import capture_logs

from silkway.credit.api import API as CREDIT
from silkway.logistics.api import API as LOGISTICS
from silkway.messaging.http import Api, create_api
from silkway.messaging.http.credentials import Credential, not_good
from silkway.messaging.http.gate import Gate, GateSettings
from silkway.messaging.http.rates import Rate
from silkway.notify.api import API as NOTIFY
from silkway.order.api import API as ORDER
from tests.unit.http.counter import MemoryLog, NothingYet, assert_problem, open_counter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from silkway.messaging.http.credentials import Keyring

AT: Final = "2026-05-10T09:00:00+01:00"
APPROVAL: Final = {"account_id": "VA-42", "order_id": "PO-1001", "amount_minor": 747_000, "approved_at": AT}
INSPECTION: Final = {"inspected_at": AT, "by": "Inspector Li", "report": "R-7781"}


class Badges:
    """Knows two people, by their names for keys."""

    async def credential(self, text: str) -> Credential:
        if text not in ("ana", "bob", "root"):
            raise not_good()
        scopes = frozenset({"operate"} if text != "bob" else {"publish"})
        return Credential(text, text, "*" if text == "root" else "acme", scopes)


class Desk:
    """The order service behind a gate that knows the badges."""

    def __init__(self, rate: float = 0, service_rate: float = 0) -> None:
        app = create_api(ORDER)
        app.state.publisher = self.log = MemoryLog()
        app.state.pool = NothingYet()
        keys = cast("Keyring", Badges())
        app.state.gate = Gate(
            keys, rate=Rate(rate, lambda: 0.0), service_rate=Rate(service_rate, lambda: 0.0)
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://silkway")

    async def post(self, path: str, who: str, body: Any, tenant: str | None = None) -> httpx.Response:
        named = {} if tenant is None else {"Silkway-Tenant": tenant}
        headers = {"Authorization": f"Bearer {who}", **named}
        return await self.client.post(path, json=body, headers=headers)

    @property
    def last(self) -> Any:
        return self.log.published[-1]


async def test_who_decides_is_who_the_key_says() -> None:
    desk = Desk()
    # Given ana's key, when she decides without saying who she is, or with her own name, then she has decided
    for body in (APPROVAL, {**APPROVAL, "by": "ana"}):
        assert (await desk.post("/payouts/approvals", "ana", body)).status_code == 202
        assert (desk.last.envelope.tenant, desk.last.event.by) == ("acme", "ana")
    # When she says that she is bob, then nothing is published
    answer = await desk.post("/payouts/approvals", "ana", {**APPROVAL, "by": "bob"})
    assert_problem(answer, 403, "other-person", ["by"])
    assert len(desk.log.published) == 2


async def test_who_reports_may_tell_of_others() -> None:
    desk = Desk()
    answer = await desk.post("/orders/PO-1001/inspections/passed", "bob", INSPECTION)
    assert answer.status_code == 202, answer.text
    assert desk.last.event.by == "Inspector Li"


async def test_the_tenant_is_the_keys() -> None:
    desk = Desk()
    path, body = "/orders/PO-1001/inspections/passed", INSPECTION
    assert (await desk.post(path, "bob", body, "acme")).status_code == 202
    assert_problem(await desk.post(path, "bob", body, "beta"), 403, "other-tenant", ["Silkway-Tenant"])
    # Who runs the installation says for whom
    answer = await desk.post("/payouts/approvals", "root", APPROVAL)
    assert_problem(answer, 400, "bad-request", ["Silkway-Tenant"])
    assert (await desk.post("/payouts/approvals", "root", APPROVAL, "beta")).status_code == 202
    assert desk.last.envelope.tenant == "beta"


async def test_refusals_say_what_is_missing_and_nothing_more() -> None:
    desk = Desk()
    answer = await desk.post("/payouts/approvals", "bob", APPROVAL)
    assert_problem(answer, 403, "missing-scope", ["Authorization"])
    assert 'scope="operate"' in answer.headers["www-authenticate"]
    for headers in ({}, {"Authorization": "Basic YW5hOg=="}, {"Authorization": "Bearer"}):
        answer = await desk.client.get("/orders", headers=headers)
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == 'Bearer realm="silkway"'
    answer = await desk.post("/payouts/approvals", "eve", APPROVAL)
    assert_problem(answer, 401, "unauthorized")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_nobodys_body_is_read_who_is_not_let_in() -> None:
    desk, parts = Desk(), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal parts
        while parts < 100:
            parts += 1
            yield b"x" * 10_000

    for headers, status in ({}, 401), ({"Authorization": "Bearer bob"}, 403):
        answer = await desk.client.post("/payouts/approvals", content=endless(), headers=headers)
        assert (answer.status_code, parts) == (status, 0)


@pytest.mark.parametrize("api", [ORDER, LOGISTICS, CREDIT, NOTIFY], ids=lambda api: api.name)
def test_no_operation_has_its_body_read_before_it_is_asked_who_is_there(api: Api) -> None:
    """FastAPI reads a body that is declared as a parameter before any dependency: bodies are read by hand."""
    found = (context.original_route for context in iter_route_contexts(create_api(api).routes))
    routes = [route for route in found if isinstance(route, APIRoute)]
    assert any("POST" in (route.methods or ()) for route in routes)
    assert not [route.path for route in routes if route.body_field is not None]


async def test_too_many_requests_of_one_key_leave_the_others_alone() -> None:
    desk = Desk(rate=2)
    path = "/orders/PO-1001/inspections/passed"
    answers = [await desk.post(path, "bob", INSPECTION) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429]
    assert_problem(answers[-1], 429, "too-many-requests")
    assert int(answers[-1].headers["retry-after"]) == 1
    assert (await desk.post("/payouts/approvals", "ana", APPROVAL)).status_code == 202


async def test_too_many_requests_of_all() -> None:
    desk = Desk(service_rate=2)
    for _ in range(2):
        assert (await desk.post("/payouts/approvals", "ana", APPROVAL)).status_code == 202
        assert (await desk.post("/payouts/approvals", "root", APPROVAL, "acme")).status_code == 202
    assert (await desk.post("/payouts/approvals", "ana", APPROVAL)).status_code == 429


async def test_an_open_door_asks_nobody() -> None:
    counter = open_counter(ORDER)
    answer = await counter.post(
        "/payouts/approvals", {**APPROVAL, "by": "Treasury desk"}, Authorization="Bearer x"
    )
    assert answer.status_code == 202, answer.text
    assert counter.log.published[-1].event.by == "Treasury desk"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1", 0), ("::1", 0), ("localhost", 0), ("0.0.0.0", 1), ("::", 1), ("order", 1)],
)
def test_an_open_door_to_the_street_is_told_once(host: str, said: int) -> None:
    with capture_logs() as told:
        Gate().warn(host)
    assert len(told) == said
    with capture_logs() as told:
        Gate(cast("Keyring", Badges())).warn(host)
    assert told == []


def test_what_the_environment_says() -> None:
    assert GateSettings.read({}) == GateSettings()
    required = GateSettings.read({"SILKWAY_HTTP_KEYS": "required"})
    assert (required.required, required.rate_per_s, required.service_rate_per_s) == (True, 100, 1000)
    token = {"SILKWAY_OIDC_ISSUER": "https://id.example", "SILKWAY_OIDC_AUDIENCE": "silkway"}
    assert GateSettings.read({"SILKWAY_HTTP_KEYS": "required", **token}).issuer == "https://id.example"
    assert GateSettings.read({"SILKWAY_HTTP_RATE_PER_S": "0.5"}).rate_per_s == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"SILKWAY_HTTP_KEYS": "Required"}, {"SILKWAY_HTTP_KEYS": "yes"}, {"SILKWAY_HTTP_RATE_PER_S": "many"},
        {"SILKWAY_HTTP_RATE_PER_S": "-1"}, {"SILKWAY_HTTP_SERVICE_RATE_PER_S": "nan"},
        {"SILKWAY_OIDC_ISSUER": "https://id.example", "SILKWAY_OIDC_AUDIENCE": "silkway"},
        {"SILKWAY_OIDC_ISSUER": "https://id.example", "SILKWAY_HTTP_KEYS": "required"},
    ],
    ids=str,
)  # fmt: skip
def test_a_word_mistyped_opens_nothing(wrong: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match=next(iter(wrong))):
        GateSettings.read(wrong)
