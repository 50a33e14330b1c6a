"""The fold over the log: one record in, findings out. It knows nothing but what was published."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from silkway.auditor.domain.causes import GIVES, WANTS, give, want, want_one
from silkway.auditor.domain.cover import take_part
from silkway.auditor.domain.entry import entry_of, share_out
from silkway.auditor.domain.life import go_on
from silkway.auditor.domain.limit import judge_until, note_limit, note_use
from silkway.auditor.domain.money import account_for
from silkway.auditor.domain.state import Book, Breach, Finding, Trail
from silkway.auditor.domain.trail import follow
from silkway.contracts import (
    EVENTS,
    TOPICS,
    ClockTicked,
    ContractError,
    Envelope,
    Event,
    FindingSettled,
    LimitReassessed,
    PaymentMatched,
    PaymentReceived,
    PaymentReversed,
    PayoutPaid,
    RefundPaid,
    clock_of,
    read_data,
    read_envelope,
)
from silkway.contracts.topics import CREDIT_EVENTS, ORDER_EVENTS, TopicKind

SPOKEN: Final = frozenset(name for name, topic in TOPICS.items() if topic.kind is TopicKind.SERVICE)
_TRANSFERS: Final = (RefundPaid, PayoutPaid)
READ: Final[Mapping[str, type[Event]]] = {
    name: event
    for name, event in EVENTS.items()
    if event.topic in (ORDER_EVENTS, CREDIT_EVENTS)
    or event in GIVES
    or event in WANTS
    or event is FindingSettled
}
"""The events whose data the auditor reads; of the others of our services it counts the versions."""


class Record(Protocol):
    """A record of the log, as Kafka clients have it. The topic is without the installation's prefix."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
    @property
    def value(self) -> bytes | None: ...


class Seen(NamedTuple):
    """A record as it was read. event: None where only its envelope counts; digest: of all that it says."""

    topic: str
    partition: int
    envelope: Envelope
    event: Event | None
    digest: bytes


def see(record: Record) -> Seen | Finding | None:
    """Read a record; a Finding where one of our services wrote what nobody can read, None where it is no matter."""
    spoken = record.topic in SPOKEN
    envelope = None
    try:
        envelope = read_envelope(record.headers)
        if envelope.type == ClockTicked.type:
            return Seen(record.topic, record.partition, envelope, None, b"") if spoken else None
        known = envelope.type in READ
        if not spoken and not known:
            return None
        event = read_data(envelope.type, record.value) if known else None
        if spoken and (envelope.version is None or envelope.knowntime is None):
            raise ContractError("bad_header", "ce_version", "version or knowntime is missing", "")
    except ContractError as error:
        if not spoken:
            return None  # the services refuse it
        if envelope is None:
            return Finding("unknown", "unknown", "READABLE", f"{record.topic}: {error.reason}", "", _NEVER)
        text = f"{envelope.type}: {error.field}: {error.reason}"
        known_at = envelope.knowntime or envelope.time
        return Finding(envelope.tenant, envelope.subject, "READABLE", text, envelope.id, known_at)
    digest = hashlib.blake2b(envelope.id.encode(), digest_size=8)
    digest.update(record.value or b"")
    return Seen(record.topic, record.partition, envelope, event, digest.digest())


_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def books_of(seen: Seen) -> list[str]:
    """The books that a record is written into, as tenant/kind/id, its subject's first."""
    tenant, event = seen.envelope.tenant, seen.event
    if seen.envelope.type == ClockTicked.type or isinstance(event, FindingSettled):
        return []
    if isinstance(event, _TRANSFERS):
        return [f"{tenant}/order/{event.order_id}"]
    if isinstance(event, PaymentReceived):
        return [f"{tenant}/entry/{entry_of(event)}"]
    books = [f"{tenant}/{seen.envelope.subject}"]
    if isinstance(event, PaymentMatched | PaymentReversed):
        books.append(f"{tenant}/entry/{event.payment_id}")
    elif event is not None and event.topic == CREDIT_EVENTS and event.subject_kind == "order":
        books.append(f"{tenant}/supplier/{event.supplier_id}")  # type: ignore[attr-defined]  # all of these name it
    return books


class Fold:
    """Observes the log record by record. `books` has to have those that `books_of` names; missing ones are new.

    ticks: by clock and partition, the last tick on credit.events. `partitions`: how many that topic has. `whole`:
    whether the log is read from its beginning; else a subject that begins later is taken as it is, unjudged.
    """

    def __init__(
        self,
        books: dict[str, Book] | None = None,
        ticks: dict[str, dict[int, str]] | None = None,
        partitions: int = TOPICS[CREDIT_EVENTS].partitions,
        whole: bool = True,
    ) -> None:
        self.books = {} if books is None else books
        self.ticks = {} if ticks is None else ticks
        self.turn = 0
        self._partitions, self._whole = partitions, whole

    def observe(self, seen: Seen) -> list[Finding]:
        """Take in one record; what it contradicts. Records of one partition have to come in their order."""
        envelope = seen.envelope
        if envelope.type == ClockTicked.type:
            if seen.topic == CREDIT_EVENTS:
                ticks = self.ticks.setdefault(envelope.tenant, {})
                at = envelope.time.astimezone(dt.UTC).isoformat()
                ticks[seen.partition] = max(at, ticks.get(seen.partition, ""))
            return []
        books = [self._book(key) for key in books_of(seen)]
        if not books:
            return []  # what people say of findings is the process's matter
        book = books[0]
        if envelope.version is None:
            return self._fact(book, seen)
        new, breaches = self._follow(book, seen, envelope.version)
        if new and seen.event is not None and seen.topic in (ORDER_EVENTS, CREDIT_EVENTS):
            judged = self._decision(books, seen, seen.event)
            breaches += [] if book.unsure else judged
        if new and seen.event is not None:
            give(book, seen.event)
        first: dict[str, Breach] = {}
        for breach in breaches:
            first.setdefault(breach.invariant, breach)  # the others of its kind follow from it
        return [self._finding(seen, breach) for breach in first.values()]

    def conclude(self, final: bool = False) -> list[Finding]:
        """Judge what had to wait: causes that were missed before this turn, limits up to the common tick.

        final: nothing more will be read, and the services have come to rest; so everything is judged, and what was
        asked has to be answered.
        """
        found: list[Finding] = []
        for key, book in self.books.items():
            tenant, _, subject = key.partition("/")
            if book.wanted and book.unsure:
                book.wanted = []
            late = [want for want in book.wanted if final or want.turn < self.turn]
            found += [
                Finding(tenant, subject, "CAUSE_KNOWN", want.text, want.event_id, want.known_at)
                for want in late
            ]
            if late:
                book.wanted = [want for want in book.wanted if want not in late]
            tick = None if final else self._common_tick(tenant)
            if book.limit is not None and book.limit.spans and (final or tick is not None):
                found += [
                    Finding(tenant, subject, b.invariant, b.text, span.event_id, span.known_at or _NEVER)
                    for b, span in judge_until(book, tick)
                    if not book.unsure
                ]
            if final and not book.unsure:
                found += [
                    Finding(tenant, subject, b.invariant, b.text, "", _NEVER) for b in _unanswered(book)
                ]
        return found

    def _book(self, key: str) -> Book:
        return self.books.setdefault(key, Book())

    def _fact(self, book: Book, seen: Seen) -> list[Finding]:
        """What came from outside: a cause of decisions, and what it says of an entry."""
        assert seen.event is not None
        give(book, seen.event)
        breaches = share_out(book, seen.event) if isinstance(seen.event, PaymentReceived) else []
        return [self._finding(seen, breach) for breach in breaches]

    def _follow(self, book: Book, seen: Seen, version: int) -> tuple[bool, list[Breach]]:
        sender = seen.topic.removesuffix(".events")
        trail = book.trails.get(sender)
        if trail is None:
            trail = book.trails[sender] = Trail()
            if version > 1 and not self._whole:
                trail.version, book.unsure = version - 1, True
        new, breaches = follow(trail, version, seen.digest)
        if new and breaches:
            book.unsure = True
        return new, breaches

    def _decision(self, books: list[Book], seen: Seen, event: Event) -> list[Breach]:
        """An event of order or credit: by its own topic's past, and what it wants of the others."""
        book, envelope = books[0], seen.envelope
        known_at = envelope.knowntime or envelope.time
        breaches: list[Breach] = []
        if seen.topic == ORDER_EVENTS and event.subject_kind == "order":
            breaches += go_on(book, event, known_at)
            breaches += account_for(book, event)
            if len(books) > 1:
                breaches += share_out(books[1], event)
                if isinstance(event, PaymentMatched):
                    want_one(books[1], ["received"], event, envelope.id, known_at, self.turn)
        elif seen.topic == CREDIT_EVENTS and event.subject_kind == "order":
            wrong, effect = take_part(book, event)
            breaches += wrong
            if effect.change or effect.lawful:
                note_use(books[1], self._tick(seen), effect, envelope.id, known_at)
        elif isinstance(event, LimitReassessed):
            note_limit(book, self._tick(seen), event.limit_minor, envelope.id, known_at)
        want(book, event, envelope.id, known_at, self.turn)
        return breaches

    def _tick(self, seen: Seen) -> str:
        return self.ticks.get(clock_of(seen.envelope.tenant), {}).get(seen.partition, "")

    def _common_tick(self, tenant: str) -> str | None:
        ticks = self.ticks.get(clock_of(tenant), {})
        return min(ticks.values()) if len(ticks) >= self._partitions else None

    def _finding(self, seen: Seen, breach: Breach) -> Finding:
        envelope = seen.envelope
        subject = books_of(seen)[0].partition("/")[2]
        known_at = envelope.knowntime or envelope.time
        return Finding(envelope.tenant, subject, breach.invariant, breach.text, envelope.id, known_at)


def _unanswered(book: Book) -> Iterator[Breach]:
    asked = book.life.holds_asked if book.life else 0
    answers = book.cover.answers if book.cover else 0
    if answers < asked:
        yield Breach("ANSWERED", f"cover was asked for {asked} times and answered {answers} times")


def judge(
    records: Iterable[Record], partitions: int = TOPICS[CREDIT_EVENTS].partitions, final: bool = True
) -> list[Finding]:
    """All that is wrong with a whole log, each partition in its order, read from its beginning to its end.

    records: topic (without prefix), partition, headers and value of each, as Kafka's clients give them. `partitions`
    of credit.events. final: the services have come to rest, so whatever was asked has to be answered.
    """
    fold, found = Fold(partitions=partitions), []
    for record in records:
        seen = see(record)
        if isinstance(seen, Finding):
            found.append(seen)
        elif seen is not None:
            found += fold.observe(seen)
    return [*found, *fold.conclude(final)]
