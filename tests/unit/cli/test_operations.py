"""The desk's commands: what they ask of the APIs, what they show, and how they end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from typer.testing import CliRunner

from silkway.cli.main import application

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUPS = ("unmatched", "payouts", "refunds", "limits", "claims", "disputes", "incidents", "shipments")
ACCEPTED = {
    "event": {"id": "k-1", "source": "/silkway/x/api", "type": "silkway.x.v1"},
    "status": "/events?id=k-1",
}
AT = "2026-03-01T09:30:00+08:00"


class Apis:
    """Answers in place of the services and remembers what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: tuple[int, Any]) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str, dict[str, Any]]]()
        monkeypatch.setattr(httpx, "request", self._request)

    def _request(self, method: str, url: str, **request: Any) -> httpx.Response:
        self.asked.append((method, "/" + url.split("/", 3)[3], request))
        status, content = self.answers.pop(0)
        return httpx.Response(status, json=content)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(), [*words, "--tenant", "acme"])
    return result.exit_code, result.output


def outcome(what: str, detail: Any = None) -> tuple[int, Any]:
    return 200, {"outcome": what, "detail": detail, "place": "t/0/1", "reused": []}


def test_a_list_goes_on_from_page_to_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = ({"items": [{"order_id": "A"}], "next": "c1"}, {"items": [{"order_id": "B"}], "next": None})
    apis = Apis(monkeypatch, *((200, page) for page in pages))
    code, text = run("claims", "list", "--state", "OPEN", "--json")
    assert (code, [claim["order_id"] for claim in json.loads(text)]) == (0, ["A", "B"])
    assert [asked[2]["params"].get("cursor") for asked in apis.asked] == [None, "c1"]
    assert apis.asked[0][2]["params"]["state"] == "OPEN"


def test_an_empty_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    Apis(monkeypatch, (200, {"items": [], "next": None}))
    assert run("unmatched", "list") == (0, "None.\n")


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("payouts", "list"), "/payouts/due"),
        (("refunds", "list"), "/refunds/due"),
        (("refunds", "unmatched"), "/payments/return-due"),
    ],
)
def test_what_is_to_be_paid_is_listed(
    words: tuple[str, ...], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = {"order_id": "PO-1", "account_id": "VA", "amount_minor": 830_000, "currency": "USD"}
    apis = Apis(monkeypatch, (200, {"items": [due], "next": None}))
    code, text = run(*words)
    assert code == 0
    assert "VA" in text
    assert apis.asked[0][1] == path


@pytest.mark.parametrize(
    ("words", "path", "asked"),
    [
        (
            "payouts list --supplier S-1 --currency EUR",
            "/payouts/due",
            {"supplier_id": "S-1", "currency": "EUR"},
        ),
        ("refunds list --buyer B-1", "/refunds/due", {"buyer_id": "B-1"}),
        ("refunds unmatched --currency EUR", "/payments/return-due", {"currency": "EUR"}),
        ("unmatched list --reason NO_FIT", "/payments/unmatched", {"reason": "NO_FIT"}),
        ("incidents list --cause DELAY", "/incidents", {"cause": "DELAY", "open": "true"}),
    ],
)
def test_only_what_was_asked_for_is_listed(
    words: str, path: str, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = Apis(monkeypatch, (200, {"items": [], "next": None}))
    assert run(*words.split())[0] == 0
    ((_, where, sent),) = apis.asked
    assert where == path
    assert asked.items() <= sent["params"].items()


DECISIONS: Iterable[tuple[list[str], str, dict[str, Any]]] = [
    (["unmatched", "assign", "VA", "N-1", "500", "PO/1", "--reason", "phone"], "/payments/assignments",
     {"account_id": "VA", "bank_reference": "N-1", "amount_minor": 500, "action": "ASSIGN", "order_id": "PO/1",
      "by": "ann", "reason": "phone", "assigned_at": AT}),
    (["unmatched", "return", "VA", "N-1", "500", "--reason", "unknown"], "/payments/assignments",
     {"account_id": "VA", "bank_reference": "N-1", "amount_minor": 500, "action": "RETURN", "by": "ann",
      "reason": "unknown", "assigned_at": AT}),
    (["payouts", "approve", "VA", "PO-1", "500"], "/payouts/approvals",
     {"account_id": "VA", "order_id": "PO-1", "amount_minor": 500, "by": "ann", "approved_at": AT}),
    (["payouts", "countersign", "VA", "PO-1", "500"], "/payouts/countersignatures",
     {"account_id": "VA", "order_id": "PO-1", "amount_minor": 500, "by": "ann", "countersigned_at": AT}),
    (["limits", "propose", "S/1", "OV-1", "500", "--until", AT, "--reason", "bank"], "/suppliers/S/1/overrides",
     {"override_id": "OV-1", "limit_minor": 500, "until": AT, "reason": "bank", "by": "ann", "proposed_at": AT}),
    (["limits", "approve", "S/1", "OV-1"], "/suppliers/S/1/overrides/approvals",
     {"override_id": "OV-1", "by": "ann", "approved_at": AT}),
    (["claims", "decide", "PO 1", "C", "--reject", "--reason", "sound"], "/orders/PO%201/claims/decisions",
     {"claim_id": "C", "upheld": False, "by": "ann", "text": "sound", "decided_at": AT}),
    (["disputes", "resolve", "PO", "D", "SPLIT", "--refund", "5"], "/orders/PO/disputes/resolutions",
     {"dispute_id": "D", "outcome": "SPLIT", "refund_minor": 5, "by": "ann", "resolved_at": AT}),
    (["incidents", "acknowledge", "I-1"], "/incidents/I-1/acknowledgement", {"by": "ann", "acknowledged_at": AT}),
    (["shipments", "retract", "SH/1", "DELIVERED", "--leg", "1", "--reason", "phone"], "/shipments/SH/1/retractions",
     {"kind": "DELIVERED", "classifier": "ACTUAL", "leg": 1, "call": 0, "by": "ann", "reason": "phone",
      "retracted_at": AT}),
    (["shipments", "answer", "SH", "Q-1", "On Thursday."], "/shipments/SH/answers",
     {"inquiry_id": "Q-1", "by": "ann", "text": "On Thursday.", "answered_at": AT}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "path", "body"), DECISIONS, ids=lambda case: str(case)[:40])
def test_a_decision_is_published_and_its_outcome_awaited(
    words: list[str], path: str, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = Apis(monkeypatch, (202, ACCEPTED), outcome("applied"))
    code, text = run(*words, "--by", "ann", "--at", AT, "--key", "k-1")
    assert (code, text) == (0, "silkway.x.v1 k-1: applied.\n")
    (_, where, sent), (_, asked, _) = apis.asked
    assert (where, sent["json"], asked) == (path, body, "/events")
    assert sent["headers"] == {"Silkway-Tenant": "acme", "Idempotency-Key": "k-1"}


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (
            ("claims", "withdraw", "PO", "C"),
            "/orders/PO/claims/withdrawals",
            {"claim_id": "C", "requested_at": AT},
        ),
        (
            ("disputes", "withdraw", "PO", "D"),
            "/orders/PO/disputes/withdrawals",
            {"dispute_id": "D", "withdrawn_at": AT},
        ),
    ],
)
def test_what_was_claimed_or_disputed_is_taken_back(
    words: tuple[str, ...], path: str, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = Apis(monkeypatch, (202, ACCEPTED), outcome("applied"))
    code, _ = run(*words, "--text", "new ones came", "--at", AT)
    assert code == 0
    (_, where, sent), _ = apis.asked
    assert (where, sent["json"]) == (path, body | {"text": "new ones came"})


def test_what_is_refused_ends_with_1_and_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    Apis(monkeypatch, (202, ACCEPTED), outcome("refused", {"reason": "it is closed"}))
    code, text = run("claims", "escalate", "PO", "C")
    assert code == 1
    assert "refused" in text
    assert "it is closed" in text


def test_what_is_wrong_names_the_field_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"field": "outcome", "reason": "it is none", "remedy": "Send SPLIT."}
    Apis(monkeypatch, (422, {"detail": "Invalid.", "errors": [error]}))
    code, text = run("disputes", "resolve", "PO", "D", "HALF")
    assert (code, text) == (1, "outcome: it is none. Send SPLIT.\n")


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_HTTP_ADDRESS", "127.0.0.1:9")
    code, text = run("incidents", "list")
    assert code == 2
    assert "silkway status" in text


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_explains_itself_and_takes_a_tenant(group: str) -> None:
    commands = next(g for g in application([group]).registered_groups).typer_instance
    assert commands is not None
    for command in commands.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__, group
        assert "tenant" in command.callback.__annotations__
