"""Each MUST of CloudEvents 1.0 and of its Kafka protocol binding (binary mode) that concerns us.

Clauses are named by their sections: B for the binding, S for the specification.
"""

import json
import re
from datetime import UTC, datetime

import pytest

from silkway.contracts import (
    EVENTS,
    MAX_DATA_BYTES,
    ClockTicked,
    ContractError,
    Envelope,
    KafkaMessage,
    OrderDrafted,
    key_of,
    read,
    read_envelope,
    write,
)

Headers = list[tuple[str, bytes]]


def with_header(headers: Headers, name: str, value: bytes | None) -> Headers:
    """The headers with one replaced, or left out if the value is None."""
    others = [header for header in headers if header[0] != name]
    return others if value is None else [*others, (name, value)]


def refusal(headers: Headers) -> ContractError:
    with pytest.raises(ContractError) as refused:
        read_envelope(headers)
    return refused.value


class TestBinding:
    def test_data_is_the_value_as_it_is(self, message: KafkaMessage, drafted: OrderDrafted) -> None:
        """B 1.3, 3.2.2: data MUST be placed into the value section as-is."""
        assert message.value is not None
        assert json.loads(message.value)["order_id"] == drafted.order_id
        assert "specversion" not in json.loads(message.value)

    def test_no_data_is_no_value(self) -> None:
        """B 3.2.2: an event with no data is a message with no value."""
        tick = Envelope.of(
            ClockTicked(), tenant="live", source="/clock", id="1", time=datetime(2026, 3, 1, tzinfo=UTC)
        )
        written = write(tick, ClockTicked())
        assert (written.key, written.value) == (None, None)
        assert read(*written) == (tick, ClockTicked())
        assert read(None, written.headers, b"") == (tick, ClockTicked())

    def test_every_attribute_is_a_header_of_its_own(self, ours: Envelope, drafted: OrderDrafted) -> None:
        """B 1.3, 3.2.3: all attributes and extensions MUST be individually mapped to header fields."""
        headers = dict(write(ours, drafted).headers)
        assert headers == {
            "ce_specversion": b"1.0",
            "ce_type": b"silkway.order.drafted.v1",
            "ce_source": b"/silkway/order",
            "ce_id": b"0002",
            "ce_subject": b"order/PO-1",
            "ce_time": b"2026-03-01T09:30:00+08:00",
            "ce_tenant": b"acme",
            "ce_knowntime": b"2026-03-01T01:31:00+00:00",
            "ce_version": b"3",
            "traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "content-type": b"application/json",
        }

    def test_every_attribute_comes_back_from_its_header(self, ours: Envelope, drafted: OrderDrafted) -> None:
        """B 3.2.3: … MUST be mapped to and from the header fields."""
        assert read(*write(ours, drafted)) == (ours, drafted)

    def test_headers_in_any_order(self, ours: Envelope, drafted: OrderDrafted) -> None:
        """B 3.2.3: a header is found by its key."""
        assert read_envelope(write(ours, drafted).headers[::-1]) == ours

    def test_headers_are_utf8(self, drafted: OrderDrafted) -> None:
        """B 3.2.3: header keys and header values MUST be encoded as UTF-8."""
        envelope = Envelope.of(
            drafted,
            tenant="acme",
            source="/shops/eu",
            id="Bestellung-Äß-订单",
            time=datetime(2026, 3, 1, tzinfo=UTC),
        )
        written = write(envelope, drafted)
        assert dict(written.headers)["ce_id"] == "Bestellung-Äß-订单".encode()
        assert read_envelope(written.headers) == envelope

    @pytest.mark.parametrize("name", ["ce_type", "ce_source", "ce_id", "ce_subject", "ce_time", "ce_tenant"])
    def test_a_header_that_is_not_utf8_is_refused(self, message: KafkaMessage, name: str) -> None:
        """B 3.2.3: the same, of others."""
        refused = refusal(with_header(message.headers, name, b"\xff\xfe"))
        assert (refused.code, refused.field) == ("not_utf8", name)

    def test_attribute_names_carry_the_prefix(self, ours: Envelope, drafted: OrderDrafted) -> None:
        """B 3.2.3.1: attributes are prefixed with ce_; S: names MUST be lower-case letters or digits."""
        others = {"content-type", "traceparent"}  # B 3.2.1; W3C trace context names its own header
        names = {name for name, _ in write(ours, drafted).headers} - others
        assert all(re.fullmatch(r"ce_[a-z0-9]+", name) for name in names)

    def test_content_type_is_the_datacontenttype(self, message: KafkaMessage) -> None:
        """B 3.2.1: content-type MUST be mapped directly to datacontenttype."""
        assert dict(message.headers)["content-type"] == b"application/json"
        assert "ce_datacontenttype" not in dict(message.headers)
        for same in (b"application/json; charset=utf-8", b"Application/JSON", None):
            assert read_envelope(with_header(message.headers, "content-type", same))

    def test_data_of_another_content_type_is_refused(self, message: KafkaMessage) -> None:
        """B 2.1: data is encoded as declared by datacontenttype."""
        refused = refusal(with_header(message.headers, "content-type", b"application/avro"))
        assert (refused.code, refused.field) == ("bad_header", "content-type")

    @pytest.mark.parametrize(
        "content_type", [b"application/cloudevents+json", b"Application/CloudEvents; x=1"]
    )
    def test_structured_mode_is_told_apart(self, message: KafkaMessage, content_type: bytes) -> None:
        """B 3: content-type prefixed with application/cloudevents, in any case, is structured mode: not ours."""
        for headers in (
            [("content-type", content_type)],
            with_header(message.headers, "content-type", content_type),
        ):
            refused = refusal(headers)
            assert (refused.code, refused.field) == ("not_cloudevent", "content-type")

    def test_the_key_is_the_users_and_adds_no_attribute(
        self, message: KafkaMessage, envelope: Envelope
    ) -> None:
        """B 3.1: the given key MUST become the record's; the mapping MUST NOT add an attribute."""
        assert message.key == key_of("acme", "PO-1").encode()
        assert read_envelope(message.headers) == envelope

    def test_unknown_headers_and_extensions_are_ignored(
        self, message: KafkaMessage, envelope: Envelope
    ) -> None:
        """S: an event MAY include any number of extension attributes."""
        more = [*message.headers, ("ce_sequence", b"7"), ("x-hop", b"\xff")]
        assert read_envelope(more) == envelope


class TestRequiredAttributes:
    @pytest.mark.parametrize("name", ["ce_type", "ce_source", "ce_id"])
    @pytest.mark.parametrize("value", [None, b""])
    def test_must_be_there_and_not_empty(self, message: KafkaMessage, name: str, value: bytes | None) -> None:
        """S id, source, type: REQUIRED, MUST be a non-empty string."""
        refused = refusal(with_header(message.headers, name, value))
        assert (refused.code, refused.field) == ("bad_header", name)

    @pytest.mark.parametrize("value", [None, b"", b"0.3", b"1.1", b"\xff"])
    def test_specversion_must_be_1_0(self, message: KafkaMessage, value: bytes | None) -> None:
        """S specversion: REQUIRED; producers MUST use 1.0."""
        refused = refusal(with_header(message.headers, "ce_specversion", value))
        assert (refused.code, refused.field) == ("not_cloudevent", "ce_specversion")

    @pytest.mark.parametrize(
        "source",
        [
            "https://shop.example/eu?x=1#y",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "/s",
            "1-555",
            "%20",
        ],
    )
    def test_source_is_a_uri_reference(self, message: KafkaMessage, source: str) -> None:
        """S source: MUST be a non-empty URI-reference."""
        assert read_envelope(with_header(message.headers, "ce_source", source.encode())).source == source

    @pytest.mark.parametrize("source", ["a b", "<shop>", "%zz", "läden", "/" + "x" * 200])
    def test_source_is_nothing_else(self, message: KafkaMessage, source: str) -> None:
        """S source: the same, refused (and longer than our limit of 200)."""
        refused = refusal(with_header(message.headers, "ce_source", source.encode()))
        assert (refused.code, refused.field) == ("bad_header", "ce_source")

    def test_our_types_are_versioned_names(self) -> None:
        """S type: MUST be a non-empty string; ours say their context, fact and major version."""
        assert all(re.fullmatch(r"silkway\.[a-z_]+\.[a-z_]+\.v[1-9]", name) for name in EVENTS)

    @pytest.mark.parametrize("forbidden", ["\x00", "\x1f", "\x7f", "\x85", "\ufffe", "\ufdd0", "\U0001ffff"])
    @pytest.mark.parametrize("name", ["ce_id", "ce_subject", "ce_type"])
    def test_strings_hold_no_control_and_no_noncharacters(
        self, message: KafkaMessage, name: str, forbidden: str
    ) -> None:
        """S type system, String: these characters MUST NOT be used."""
        refused = refusal(with_header(message.headers, name, f"a{forbidden}b".encode()))
        assert (refused.code, refused.field) == ("bad_header", name)


class TestAttributesThatWeRequireBesides:
    @pytest.mark.parametrize("name", ["ce_subject", "ce_time", "ce_tenant"])
    @pytest.mark.parametrize("value", [None, b""])
    def test_must_be_there(self, message: KafkaMessage, name: str, value: bytes | None) -> None:
        """S subject, time: if present MUST be non-empty, MUST adhere to RFC 3339; Silkway requires them."""
        refused = refusal(with_header(message.headers, name, value))
        assert (refused.code, refused.field) == ("bad_header", name)

    @pytest.mark.parametrize(
        ("text", "utc"),
        [
            ("2026-03-01T09:30:00+08:00", datetime(2026, 3, 1, 1, 30, tzinfo=UTC)),
            ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
            ("2026-03-01t09:30:00.5z", datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
            ("2026-03-01T09:30:00.123456789-00:00", datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)),
            ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
            ("2199-12-31T23:59:59Z", datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ],
    )
    def test_time_is_rfc_3339(self, message: KafkaMessage, text: str, utc: datetime) -> None:
        """S time: MUST adhere to RFC 3339."""
        assert read_envelope(with_header(message.headers, "ce_time", text.encode())).time == utc

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "2026-03-01T09:30:00",
                "2026-03-01",
                "1772357400",
                "2026-03-01 09:30:00Z",
                "20260301T093000Z",
                "soon",
            ),
            *(
                "2026-02-30T00:00:00Z",
                "2026-03-01T25:00:00Z",
                "2026-03-01T09:30:00+99:00",
                "２０26-03-01T09:30:00Z",
            ),
            *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"),
            *("1969-12-31T23:59:59Z", "1970-01-01T00:00:00+08:00", "2200-01-01T00:00:00Z"),
        ],
    )
    def test_time_is_nothing_else(self, message: KafkaMessage, text: str) -> None:
        """S time: the same, refused (and beyond our limits)."""
        refused = refusal(with_header(message.headers, "ce_time", text.encode()))
        assert (refused.code, refused.field) == ("bad_header", "ce_time")

    def test_time_keeps_the_senders_offset_and_knowntime_is_utc(
        self, ours: Envelope, drafted: OrderDrafted
    ) -> None:
        read_back = read_envelope(write(ours, drafted).headers)
        assert read_back.time.isoformat() == "2026-03-01T09:30:00+08:00"
        assert read_back.knowntime is not None
        assert read_back.knowntime.isoformat() == "2026-03-01T01:31:00+00:00"

    @pytest.mark.parametrize("tenant", ["Acme", "-acme", "a/b", "a" * 41, "acme\n", "ａ"])
    def test_tenant_is_a_small_name(self, message: KafkaMessage, tenant: str) -> None:
        refused = refusal(with_header(message.headers, "ce_tenant", tenant.encode()))
        assert (refused.code, refused.field) == ("bad_header", "ce_tenant")

    @pytest.mark.parametrize("version", [b"0", b"-1", b"1.0", b"x", "٣".encode(), b"9" * 19])
    def test_version_counts_from_one(self, message: KafkaMessage, version: bytes) -> None:
        refused = refusal([*message.headers, ("ce_version", version)])
        assert (refused.code, refused.field) == ("bad_header", "ce_version")

    @pytest.mark.parametrize(
        "traceparent", [b"nonsense", b"\xff", b"ff-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"]
    )
    def test_a_bad_trace_is_no_reason_to_refuse(self, message: KafkaMessage, traceparent: bytes) -> None:
        assert read_envelope([*message.headers, ("traceparent", traceparent)]).traceparent is None

    def test_an_attribute_twice_is_ambiguous(self, message: KafkaMessage) -> None:
        refused = refusal([*message.headers, ("ce_id", b"0002")])
        assert (refused.code, refused.field) == ("bad_header", "ce_id")
        assert read_envelope([*message.headers, ("x-hop", b"1"), ("x-hop", b"2")])

    def test_events_of_64_kib_are_accepted(self) -> None:
        """S size limits: consumers SHOULD accept events of at least 64 KiB."""
        assert MAX_DATA_BYTES >= 64 * 1024
