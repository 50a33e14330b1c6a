"""`silkway shipments`: what is asked for, and how a shipment is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.cli.test_operations import Apis, run

if TYPE_CHECKING:
    import pytest

REPORT = {"source": "/carrier", "kind": "ARRIVED"}
SHIPMENT: dict[str, Any] = {
    "shipment_id": "SH-1", "mode": "SEA", "carrier": "Blue Line", "state": "IN_TRANSIT", "exception": False,
    "silent": True, "insured": True, "eta_at": "2026-03-25T07:00:00Z", "eta_utc_offset_minutes": 60,
    "lines": [{"order_id": "PO-1", "line_id": "1", "quantity": 10}],
    "references": [{"kind": "CONTAINER", "value": "MSKU9070323", "valid_from": "2026-01-02T00:00:00Z",
                    "valid_until": None}],
    "legs": [{"leg": 1, "mode": "SEA", "from_location": "CNNGB", "to_location": "DEHAM", "vessel": "MSC OSCAR",
              "voyage": "024W"}],
    "milestones": [{"leg": 1, "kind": "ARRIVED", "classifier": "ACTUAL", "occurred_at": "2026-03-20T08:00:00Z",
                    "utc_offset_minutes": 60, "known_at": "2026-03-20T09:00:00Z", "questioned": False,
                    "contradicted": True, "place": "Hamburg", "location": "DEHAM", "reports": [REPORT]}],
    "eta_history": [{"known_at": "2026-03-01T00:00:00Z", "eta_at": "2026-03-25T07:00:00Z", "basis": "ARRIVED",
                     "classifier": "ESTIMATED", "source": "/carrier", "cause": "WEATHER"}],
    "delays": [], "promises": [], "customs": [], "inquiries": [],
}  # fmt: skip


def test_a_shipment_is_shown_with_its_legs_its_way_and_its_eta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("silkway.cli.shipments.OUT.width", 200, raising=False)
    apis = Apis(monkeypatch, (200, SHIPMENT))
    code, text = run("shipments", "show", "SH-1")
    assert (code, apis.asked[0][1]) == (0, "/shipments/SH-1")
    for shown in (
        "SEA by Blue Line",
        "silent insured",
        "2026-03-25 08:00 +0100",
        "MSC OSCAR",
        "contradicted",
        "WEATHER",
    ):
        assert shown in text
    assert "Inquiries" not in text, "what is not there is not shown"


def test_shipments_are_found_by_what_is_wrong_or_by_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    apis = Apis(monkeypatch, *[(200, {"items": [], "next": None})] * 2)
    run("shipments", "list", "--delayed", "--mode", "SEA")
    run("shipments", "list", "--reference", "CONTAINER=MSKU9070323")
    late, named = (asked[2]["params"] for asked in apis.asked)
    assert late == {"mode": "SEA", "delayed": "true", "limit": "100"}
    assert named == {"reference_kind": "CONTAINER", "reference": "MSKU9070323", "limit": "100"}
