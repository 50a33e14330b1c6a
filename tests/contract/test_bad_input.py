"""What happens to each kind of bad input: the code, the field and a remedy."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silkway.contracts import (
    ContractError,
    Envelope,
    KafkaMessage,
    MilestoneTracked,
    OrderDrafted,
    PaymentReceived,
    check_topic,
    read,
    read_data,
    write,
)

DRAFTED = OrderDrafted.type
Change = Callable[[dict[str, Any]], object]


def refused(action: Callable[[], object]) -> ContractError:
    with pytest.raises(ContractError) as caught:
        action()
    assert caught.value.remedy
    assert caught.value.reason
    return caught.value


def told(error: ContractError) -> tuple[str, str]:
    return error.code, error.field


@pytest.fixture
def data(message: KafkaMessage) -> dict[str, Any]:
    assert message.value is not None
    parsed: dict[str, Any] = json.loads(message.value)
    return parsed


class TestBody:
    @pytest.mark.parametrize(
        "value", [b"{", b"order=PO-1", b'{"order_id": "\\ud800"}', b"\xef\xbb\xbf{}", b"[1,]"]
    )
    def test_not_json(self, value: bytes) -> None:
        assert told(refused(lambda: read_data(DRAFTED, value))) == ("bad_json", "$")

    @pytest.mark.parametrize("value", [None, b""])
    def test_no_data(self, value: bytes | None) -> None:
        assert told(refused(lambda: read_data(DRAFTED, value))) == ("bad_json", "$")

    @pytest.mark.parametrize(
        "value", [b'{"order_id": "\xff"}', b"\xff", '{"order_id": "PO-1"}'.encode("utf-16")]
    )
    def test_not_utf8(self, value: bytes) -> None:
        assert told(refused(lambda: read_data(DRAFTED, value))) == ("not_utf8", "$")

    @pytest.mark.parametrize("value", [b"[]", b"null", b"1", b'"text"'])
    def test_no_object(self, value: bytes) -> None:
        assert told(refused(lambda: read_data(DRAFTED, value))) == ("bad_field", "$")

    def test_two_megabytes(self) -> None:
        value = b'{"order_id": "' + b"x" * 2_000_000 + b'"}'
        assert told(refused(lambda: read_data(DRAFTED, value))) == ("too_large", "$")

    def test_deep_nesting(self) -> None:
        assert refused(lambda: read_data(DRAFTED, b'{"x":' * 100_000)).code == "bad_json"

    def test_the_largest_order_fits(self, drafted: OrderDrafted, envelope: Envelope) -> None:
        line = drafted.lines[1].model_copy(update={"description": "字" * 200, "destination_country": "CN"})
        lines = tuple(line.model_copy(update={"line_id": f"{n:064}"}) for n in range(500))
        largest = drafted.model_copy(update={"lines": lines})
        assert read(*write(envelope, largest))[1] == largest


class TestType:
    def test_unknown_type(self) -> None:
        assert told(refused(lambda: read_data("com.example.sold", b"{}"))) == ("unknown_type", "ce_type")

    @pytest.mark.parametrize("version", ["v2", "v10", "v0", "vx", "v"])
    def test_unknown_major_version_names_the_known_one(self, version: str) -> None:
        error = refused(lambda: read_data(f"silkway.order.drafted.{version}", b"{}"))
        assert told(error) == ("unknown_version", "ce_type")
        assert DRAFTED in error.remedy

    def test_an_event_on_another_topic(self) -> None:
        error = refused(lambda: check_topic(PaymentReceived, "trade.orders"))
        assert told(error) == ("wrong_topic", "ce_type")
        assert "trade.payments" in error.remedy
        check_topic(PaymentReceived, "trade.payments")


BEYOND = 2**63


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("order_id", lambda d: d.pop("order_id")),
        ("order_id", lambda d: d.update(order_id=None)),
        ("order_id", lambda d: d.update(order_id=7)),
        ("order_id", lambda d: d.update(order_id="")),
        ("order_id", lambda d: d.update(order_id="x" * 65)),
        ("order_id", lambda d: d.update(order_id="PO 1")),
        ("order_id", lambda d: d.update(order_id="PO-1\n")),
        ("buyer_id", lambda d: d.update(buyer_id="B\u0000")),
        ("payment_reference", lambda d: d.update(payment_reference="PR\t1")),
        ("currency", lambda d: d.update(currency="XYZ")),
        ("currency", lambda d: d.update(currency="usd")),
        ("currency", lambda d: d.update(currency=840)),
        ("destination_country", lambda d: d.update(destination_country="UK")),
        ("incoterm", lambda d: d.update(incoterm="FOO")),
        ("lines", lambda d: d.update(lines=[])),
        ("lines", lambda d: d.update(lines=[d["lines"][0]] * 501)),
        ("lines", lambda d: d.update(lines=[d["lines"][0]] * 2)),
        ("lines", lambda d: [line.update(value_minor=BEYOND - 1) for line in d["lines"]]),
        ("lines[1].value_minor", lambda d: d["lines"][1].update(value_minor=BEYOND)),
        ("lines[1].value_minor", lambda d: d["lines"][1].update(value_minor=10**30)),
        ("lines[0].value_minor", lambda d: d["lines"][0].update(value_minor=-1)),
        ("lines[0].value_minor", lambda d: d["lines"][0].update(value_minor=12.5)),
        ("lines[0].value_minor", lambda d: d["lines"][0].update(value_minor=12.0)),
        ("lines[0].value_minor", lambda d: d["lines"][0].update(value_minor="12")),
        ("lines[0].value_minor", lambda d: d["lines"][0].update(value_minor=True)),
        ("lines[0].quantity", lambda d: d["lines"][0].update(quantity=0)),
        ("lines[0].description", lambda d: d["lines"][0].update(description="x" * 201)),
        ("lines[0].description", lambda d: d["lines"][0].update(description="a\u0000b")),
        ("lines[0].ship_by", lambda d: d["lines"][0].update(ship_by="01.03.2026")),
        ("lines[0].ship_by", lambda d: d["lines"][0].update(ship_by="1728000000")),
        ("lines[0].ship_by", lambda d: d["lines"][0].update(ship_by="2026-03-01T00:00:00Z")),
        ("terms", lambda d: d["terms"].update(deposit_minor=830_01)),
        ("terms.balance_due", lambda d: d["terms"].update(balance_due="NEVER")),
        ("acceptance_days", lambda d: d.update(acceptance_days=91)),
        ("drafted_at", lambda d: d.update(drafted_at="2026-03-01T09:30:00")),
        ("drafted_at", lambda d: d.update(drafted_at="2026-03-01 09:30:00Z")),
        ("drafted_at", lambda d: d.update(drafted_at="1772357400")),
        ("drafted_at", lambda d: d.update(drafted_at=1772357400)),
        ("drafted_at", lambda d: d.update(drafted_at="9999-12-31T23:59:59Z")),
        ("drafted_at", lambda d: d.update(drafted_at="9999-12-31T23:59:59-23:59")),
        ("drafted_at", lambda d: d.update(drafted_at="0001-01-01T00:00:00+23:59")),
        ("deliver_by", lambda d: d.update(deliver_by="9999-12-31")),
    ],
)
def test_a_wrong_field_is_named(data: dict[str, Any], field: str, change: Change) -> None:
    change(data)
    assert told(refused(lambda: read_data(DRAFTED, json.dumps(data).encode()))) == ("bad_field", field)


def test_a_time_without_offset_is_told_what_is_missing(data: dict[str, Any]) -> None:
    data["drafted_at"] = "2026-03-01T09:30:00"
    error = refused(lambda: read_data(DRAFTED, json.dumps(data).encode()))
    assert "offset" in error.reason
    assert "When it was drafted." in error.remedy


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "asia shanghai", ""])
def test_an_unknown_time_zone(zone: str) -> None:
    value = {"supplier_id": "S", "name": "S", "time_zone": zone, "registered_at": "2026-03-01T00:00:00Z"}
    error = refused(lambda: read_data("silkway.supplier.registered.v1", json.dumps(value).encode()))
    assert told(error) == ("bad_field", "time_zone")


def test_unknown_fields_are_ignored(data: dict[str, Any], drafted: OrderDrafted) -> None:
    data["colour"] = {"deep": ["red"]}
    data["lines"][0]["hs_code"] = "9405"
    assert read_data(DRAFTED, json.dumps(data).encode()) == drafted


def test_what_was_sent_is_not_repeated_in_the_reason(data: dict[str, Any]) -> None:
    data["order_id"] = "x" * 900_000
    assert len(str(refused(lambda: read_data(DRAFTED, json.dumps(data).encode())))) < 1_000


class TestKey:
    @pytest.mark.parametrize("key", [None, b"", b"PO-1", b"other/PO-1", b"acme/PO-2", b"\xff"])
    def test_a_key_that_does_not_match(self, message: KafkaMessage, key: bytes | None) -> None:
        error = refused(lambda: read(key, message.headers, message.value))
        assert told(error) == ("key_mismatch", "key")
        assert "acme/PO-1" in error.remedy

    @pytest.mark.parametrize("subject", [b"order/PO-2", b"PO-1", b"account/PO-1"])
    def test_a_subject_that_does_not_match(self, message: KafkaMessage, subject: bytes) -> None:
        headers = [h for h in message.headers if h[0] != "ce_subject"] + [("ce_subject", subject)]
        assert told(refused(lambda: read(message.key, headers, message.value))) == (
            "key_mismatch",
            "ce_subject",
        )


class TestHeaders:
    def test_none_at_all(self, message: KafkaMessage) -> None:
        assert refused(lambda: read(message.key, [], message.value)).code == "not_cloudevent"

    @pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_tenant"])
    def test_one_without_a_value(self, message: KafkaMessage, name: str) -> None:
        """Kafka allows null as a header's value, whatever clients declare."""
        null: Any = None
        headers = [(key, null if key == name else value) for key, value in message.headers]
        assert told(refused(lambda: read(message.key, headers, message.value))) == ("bad_header", name)


GOOD = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_type": DRAFTED.encode(),
    "ce_source": b"/s",
    "ce_subject": b"order/PO-1",
    "ce_time": b"2026-03-01T09:30:00Z",
    "ce_tenant": b"acme",
}
OTHERS = ("ce_knowntime", "ce_version", "ce_other", "traceparent", "content-type", "x")
raw = st.none() | st.binary(max_size=60) | st.text(max_size=60).map(str.encode)


@given(raw, st.dictionaries(st.sampled_from([*GOOD, *OTHERS]), raw), st.booleans(), raw | st.just(b"{}"))
def test_whatever_comes_is_refused_and_nothing_else(key: Any, bad: Any, whole: bool, value: Any) -> None:
    """No other exception ever leaves the parser."""
    headers = list({**(GOOD if whole else {}), **bad}.items())
    with pytest.raises(ContractError):
        read(key, headers, value)


class TestWriting:
    def test_a_time_without_offset(self, drafted: OrderDrafted) -> None:
        naive = datetime(2026, 3, 1)  # noqa: DTZ001 - the very mistake
        envelope = Envelope.of(drafted, tenant="acme", source="/s", id="1", time=naive)
        assert told(refused(lambda: write(envelope, drafted))) == ("bad_header", "ce_time")

    def test_a_malformed_tenant(self, drafted: OrderDrafted, envelope: Envelope) -> None:
        wrong = Envelope.of(drafted, tenant="Acme!", source="/s", id="1", time=envelope.time)
        assert told(refused(lambda: write(wrong, drafted))) == ("bad_header", "ce_tenant")

    def test_an_event_cannot_be_made_wrong(self, envelope: Envelope) -> None:
        with pytest.raises(ValueError, match="less than or equal to 99"):
            MilestoneTracked(
                shipment_id="S", kind="LOADED", classifier="ACTUAL", occurred_at=envelope.time, leg=100
            )
