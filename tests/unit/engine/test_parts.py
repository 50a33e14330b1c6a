"""The engine's pure parts: what is packed comes back, only what differs is written, ticks stamp what follows them."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from silkway.contracts import Envelope, KafkaMessage, OrderConfirmed, write
from silkway.messaging import Child, Kind, Table, Unnamed, Work
from silkway.messaging.identity import body_hash, identity
from silkway.messaging.journal import (
    MOST_BYTES,
    Assembler,
    Entry,
    Failure,
    Numbered,
    journal_messages,
    read_entry,
    write_entry,
)
from silkway.messaging.outbox import PackedBatch, pack_messages, unpack_messages
from silkway.messaging.records import Item, Outside, Record, Tick, unpack
from silkway.messaging.redrive import Command, CommandError, read_command, write_command
from silkway.messaging.timekeeping import Ticks

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
texts = st.text(max_size=20)
messages = st.builds(
    KafkaMessage,
    st.none() | st.binary(max_size=20),
    st.lists(st.tuples(texts, st.binary(max_size=20)), max_size=4),
    st.none() | st.binary(max_size=200),
)
moments = st.datetimes(timezones=st.just(dt.UTC))


# --- what is packed comes back -----------------------------------------------------------------------------


@given(st.lists(messages, max_size=10))
def test_messages_for_the_relay(packed: list[KafkaMessage]) -> None:
    assert [m for batch in pack_messages(packed) for m in unpack_messages(batch)] == packed


def test_more_than_a_batch_of_kafka_holds_becomes_several_and_each_is_as_aiokafka_writes_it() -> None:
    many = [KafkaMessage(b"k", [("n", b"%d" % n)], bytes([n % 256]) * 20_000) for n in range(120)]
    packed = pack_messages(many)
    assert len(packed) == 3
    assert [m for batch in packed for m in unpack_messages(batch)] == many
    for payload in packed:
        batch = PackedBatch(payload)
        batch._set_producer_state(7, 3, 11)
        sent = DefaultRecordBatch(bytes(batch._build()))
        assert sent.validate_crc()
        assert (sent.producer_id, sent.producer_epoch, sent.base_sequence) == (7, 3, 11)
        assert batch.record_count() == len(list(sent)) == sent.last_offset_delta + 1


@given(messages, st.integers(0, 99), st.integers(0, 2**60))
def test_records_that_are_kept_whole(message: KafkaMessage, partition: int, offset: int) -> None:
    record = Record("a.topic/with.slash", partition, offset, *message)

    assert unpack(record.place, record.pack()) == record


@given(st.builds(Entry, ranges=st.lists(st.tuples(texts, st.integers(0, 9), st.integers(0), st.integers(0)))
       .filter(lambda r: all(max(x[2:]) < 2**63 for x in r)),
       times=st.lists(st.tuples(texts, st.none() | moments, st.none() | moments)),
       fired=st.lists(st.tuples(st.integers(0, 9), texts, moments)),
       parked=st.dictionaries(texts, texts),
       failures=st.none() | st.dictionaries(texts, st.builds(Failure, texts, texts, texts)),
       early=st.dictionaries(texts, st.integers(1, 9))).map(
           lambda e: e if e.failures is not None else msgspec.structs.replace(e, early={})))  # fmt: skip
def test_entries_of_the_journal(entry: Entry) -> None:
    assert read_entry(write_entry(entry)) == entry


@given(st.lists(st.tuples(st.integers(1, 2**40), st.integers(0, 4)), max_size=5), st.data())
def test_entries_for_the_journals_topic_though_some_are_cut_off(
    sizes: list[tuple[int, int]], choose: st.DataObject
) -> None:
    entries = [
        Numbered(number, bytes([n]) * (size * MOST_BYTES // 2)) for n, (number, size) in enumerate(sizes)
    ]
    told, assembler = [], Assembler()
    for entry in entries:
        messages = journal_messages(entry)
        assert all(len(message.value or b"") <= MOST_BYTES for message in messages)
        cut = choose.draw(st.integers(0, len(messages) - 1))
        for message in [*messages[:cut], *messages]:
            told.append(assembler.add(message.key or b"", message.headers, message.value or b""))

    assert [entry for entry in told if entry] == entries


def test_commands_of_operators() -> None:
    command = Command(action="discard", place="trade.orders/3/17", by="ops", reason="a duplicate")

    assert read_command(write_command(command)) == command


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"action":"drop","place":"a","by":"b"}', b"[]"])
def test_what_is_no_command(value: bytes) -> None:
    with pytest.raises(CommandError):
        read_command(value)


def test_an_identity_is_tenant_source_and_id_and_nothing_runs_together() -> None:
    parts = [("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("b", "a", "c")]

    assert len({identity(*p) for p in parts}) == len(parts)
    assert body_hash("t", b"x") != body_hash("t2", b"x") != body_hash("t", b"y")


# --- only what differs is written --------------------------------------------------------------------------


class Line(msgspec.Struct, frozen=True):
    tenant: str
    order_id: str
    number: int
    quantity: int


class Order(msgspec.Struct, frozen=True):
    tenant: str
    order_id: str
    total: int
    lines: tuple[Line, ...] = ()


LINES = Child("lines", "lines", Line, key=("tenant", "order_id", "number"))
ORDERS = Table("orders", Order, key=("tenant", "order_id"), children=(LINES,))
ORDER = Kind("order", rank=3, table=ORDERS)
lines = st.lists(st.integers(0, 3), max_size=4).map(
    lambda quantities: tuple(Line("t", "O1", n, q) for n, q in enumerate(quantities))
)


@given(
    st.none() | st.builds(Order, st.just("t"), st.just("O1"), st.integers(0, 2), lines),
    lines,
    st.integers(0, 2),
)
def test_what_differs_brings_the_table_to_the_new_state(
    before: Order | None, new: tuple[Line, ...], total: int
) -> None:
    known = before.lines if before else ()
    now = Order("t", "O1", total, new + known[len(new) :])  # lines are added and changed, never removed

    difference = ORDERS.changed([(before, now)])

    kept = {line.number: line for line in known} | {line.number: line for line in difference.children[0]}
    assert tuple(kept[n] for n in sorted(kept)) == now.lines
    assert (difference.roots == [now]) == (before is None or before.total != total)
    assert not [line for line in difference.children[0] if line in known]


def test_rows_are_put_together_by_their_key() -> None:
    roots = [("t", "O1", 5), ("t", "O2", 6), ("u", "O1", 7)]
    children = [("t", "O1", 1, 10), ("t", "O1", 2, 20), ("u", "O1", 1, 30)]

    assert ORDERS.assemble(roots, [children]) == [
        Order("t", "O1", 5, (Line("t", "O1", 1, 10), Line("t", "O1", 2, 20))),
        Order("t", "O2", 6),
        Order("u", "O1", 7, (Line("u", "O1", 1, 30),)),
    ]


def test_a_table_whose_key_does_not_come_first_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="must come first"):
        Table("orders", Order, key=("order_id", "tenant"), children=(LINES,))


# --- a handler's work --------------------------------------------------------------------------------------


def test_work_is_kept_apart_and_reaches_no_further_than_its_names() -> None:
    states = {(3, "t/O1"): None}
    work = Work(states, "t", START)
    work.put(ORDER, "O1", Order("t", "O1", 1))

    assert work.get(ORDER, "O1") == Order("t", "O1", 1)
    assert states == {(3, "t/O1"): None}
    with pytest.raises(Unnamed):
        work.get(ORDER, "O2")
    with pytest.raises(Unnamed):
        work.put(ORDER, "O2", Order("t", "O2", 1))


# --- ticks -------------------------------------------------------------------------------------------------


def tick(at: int, clock: str = "live") -> Tick:
    return Tick(Record("trade.orders", 0, 0, None, (), None), clock, START + dt.timedelta(seconds=at))


def fact(name: str, tenant: str = "acme") -> Outside:
    event = OrderConfirmed(order_id="O1", party="BUYER", confirmed_at=START)
    envelope = Envelope.of(event, tenant=tenant, source="/x", id=name, time=START)
    record = Record("trade.orders", 0, 0, *write(envelope, event))
    return Outside(record, envelope, identity(tenant, "/x", name), body_hash("", b""), event, None, [])


steps = st.lists(st.one_of(st.integers(0, 9).map(tick), st.just("fact")), max_size=20)


@given(steps, st.none() | st.integers(0, 9))
def test_a_fact_is_known_at_the_highest_tick_before_it_or_else_the_first_after_it(
    walked: list[Tick | str], last: int | None
) -> None:
    items: list[Item] = [fact(str(n)) if step == "fact" else step for n, step in enumerate(walked)]  # type: ignore[misc]
    ticks = Ticks({} if last is None else {("live", "trade.orders", 0): tick(last).at})

    order = [item for item, _ in ticks.walk(items, {})]

    facts = [item for item in items if isinstance(item, Outside)]
    assert [item for item in order if isinstance(item, Outside)] == facts  # each once, in order
    now = None if last is None else tick(last).at
    early: list[Outside] = []
    for item in items:
        if isinstance(item, Tick):
            now = item.at if now is None else max(now, item.at)
            assert all(one.known_at == now for one in early)
            early = []
        elif isinstance(item, Outside):
            if now is None:
                early.append(item)
            else:
                assert item.known_at == now
    assert all(one.known_at is None for one in early)


def test_each_clock_stamps_its_own() -> None:
    live, sim = fact("1"), fact("2", tenant="sim-a")
    Ticks({}).walk([tick(5), tick(3, "sim-a"), live, sim], {})

    assert (live.known_at, sim.known_at) == (tick(5).at, tick(3).at)


def test_time_is_the_least_tick_and_none_while_one_is_missing() -> None:
    places = [("trade.orders", 0), ("trade.orders", 1)]
    ticks = Ticks({("live", "trade.orders", 0): tick(5).at})
    assert ticks.least("live", places) is None

    ticks.last["live", "trade.orders", 1] = tick(3).at
    assert ticks.least("live", places) == tick(3).at
    assert ticks.least("sim-a", places) is None
