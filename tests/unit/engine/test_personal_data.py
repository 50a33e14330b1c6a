"""From a time on, facts have to bring personal data sealed; what is refused is kept without it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, cast

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
from silkway.messaging.effects import Parked
from silkway.messaging.records import Invalid, Item, Operator, Outside, Reader, Record
from silkway.messaging.redrive import Command
from silkway.messaging.transaction import Engine, Run
from silkway.notify.consumer import SERVICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from silkway.messaging.storage import Storage

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
    return Reader(SERVICE, "", SINCE).read(record_of(value, recorded_ms))


def record_of(value: bytes | None, recorded_ms: int) -> Record:
    event = subscription("x")
    message = write(Envelope.of(event, tenant="acme", source="/shop", id="1", time=AT), event)
    return Record("trade.notices", 0, 0, message.key, message.headers, value, recorded_ms)


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


class OneParked:
    """A database in which one record is parked."""

    def __init__(self, row: Parked) -> None:
        self.row = row

    async def parked(self, places: Sequence[str]) -> dict[str, Parked]:
        return dict.fromkeys(places, self.row)


@pytest.mark.parametrize("recorded_ms", [BEFORE, AFTER])
async def test_a_fix_is_held_to_the_time_of_the_fix(recorded_ms: int) -> None:
    # Given a record that was parked before the time, in the clear
    engine = Engine(SERVICE, dict.fromkeys(SERVICE.inputs, 8), 8, sealed_since=SINCE)
    parked = record_of(data(), BEFORE)
    row = Parked(parked.place, 20, "acme/hers", "acme", "", "?", 1, AT, parked.pack())
    run = Run(engine, cast("Storage", OneParked(row)), {}, frozenset(), None, None, 500)

    # When it is mended with words that are in the clear too, or redriven as it is
    redrive = Record("notify.redrive", 0, 0, None, (), None, recorded_ms)
    for fix, is_right in ((data(language="ar").decode(), recorded_ms == BEFORE), (None, True)):
        command = Operator(redrive, Command(action="redrive", place=parked.place, by="ops/lin", fix=fix))
        await run._load_parked([command])

        # Then what counts for new words is when they came, and for old ones when they had come
        assert isinstance(command.parked, Outside if is_right else Invalid)


def test_personal_data_comes_from_outside_and_in_fields_of_its_own() -> None:
    marked = {event for event in EVENTS.values() if personal_fields(event)}
    assert all(TOPICS[event.topic].kind is TopicKind.INGRESS for event in marked)
    assert len(marked) == 24
    schemas = json.dumps([event.model_json_schema() for event in EVENTS.values()])
    assert schemas.count('"x-personal": true') == sum(len(personal_fields(event)) for event in marked)
