"""From a time on, facts have to bring personal data sealed; what is refused is kept without it."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest

from silkway.contracts import (
    EVENTS,
    TOPICS,
    Envelope,
    SubscriptionRegistered,
    TopicKind,
    personal_fields,
    sealed,
    write,
)
from silkway.messaging.records import Invalid, Item, Outside, Reader, Record
from silkway.notify.consumer import SERVICE

SINCE = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECRET = "zhao.meiling@example.com"
BEFORE, AFTER = int(SINCE.timestamp() * 1000) - 1, int(SINCE.timestamp() * 1000)


def subscription(address: str) -> SubscriptionRegistered:
    return SubscriptionRegistered(
        subscription_id="hers",
        party="SUPPLIER",
        party_id="S-1",
        channel="EMAIL",
        address=address,
        registered_at=AT,
    )


def read(value: bytes | None, recorded_ms: int) -> Item:
    event = subscription("x")
    message = write(Envelope.of(event, tenant="acme", source="/shop", id="1", time=AT), event)
    record = Record("trade.notices", 0, 0, message.key, message.headers, value, recorded_ms)
    return Reader(SERVICE, "", SINCE).read(record)


def data(**changes: object) -> bytes:
    told = subscription(SECRET).model_dump(mode="json", exclude_none=True)
    return json.dumps({**told, **changes}).encode()


def test_what_is_sealed_is_read_and_so_is_what_came_before_the_time() -> None:
    assert isinstance(read(data(address=sealed(uuid.uuid4())), AFTER), Outside)
    assert isinstance(read(data(), BEFORE), Outside)


def test_what_is_in_the_clear_is_refused_and_kept_without_it() -> None:
    refused = read(data(), AFTER)
    assert isinstance(refused, Invalid)
    assert (refused.error.field, getattr(refused.error, "code", "")) == ("address", "personal_data")
    assert SECRET.encode() not in refused.record.pack()
    kept = json.loads(refused.record.value or b"")
    assert (kept["subscription_id"], kept["address"]) == ("hers", "sealed:" + "0" * 32)
    assert refused.body_hash == getattr(read(data(address="other@example.com"), AFTER), "body_hash", None)


@pytest.mark.parametrize(
    "wrong",
    [
        data(channel="PIGEON"),
        data(channel="PIGEON", address=[SECRET]),
        data(registered_at=None, e_mail=SECRET),
        f'["{SECRET}"]'.encode(),
        f'{{"address": "{SECRET}"'.encode(),
        b"\xff" + SECRET.encode(),
        data() + b" ",
    ],
)
def test_whatever_is_wrong_with_it_nothing_personal_is_kept(wrong: bytes) -> None:
    refused = read(wrong, AFTER)
    assert isinstance(refused, Invalid)
    assert SECRET.encode() not in refused.record.pack()


def test_personal_data_comes_from_outside_and_in_fields_of_its_own() -> None:
    marked = {event for event in EVENTS.values() if personal_fields(event)}
    assert all(TOPICS[event.topic].kind is TopicKind.INGRESS for event in marked)
    assert len(marked) == 23
    schemas = json.dumps([event.model_json_schema() for event in EVENTS.values()])
    assert schemas.count('"x-personal": true') == sum(len(personal_fields(event)) for event in marked)
