"""Applies records to aggregates in memory: no IO, so that the same records always have the same effects."""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, assert_never

from silkway.contracts import KafkaMessage, clock_of, partition_of
from silkway.messaging.effects import Effects, Fired, Held, Parked, Restart, Suspect, Waiter
from silkway.messaging.fact import Due, Fact, NotYet, Refused
from silkway.messaging.fates import Fates
from silkway.messaging.numbering import message_of
from silkway.messaging.places import TIMER, storable, timer_place
from silkway.messaging.records import Foreign, Invalid, Item, Operator, Ours, Outside, Readable, Tick
from silkway.messaging.routing import Service
from silkway.messaging.work import Emission, Key, Unnamed, Work


class Application:
    """One transaction's records against the aggregates it has locked.

    held, states: the locked aggregates and their states by key. seen: body hashes of identities known before;
    fresh: identities that this transaction has put into the inbox. forced: places that must be parked, with
    the error (found by writing, or told by the journal). parked: parked rows that commands refer to. early: by place,
    how often it had come too early in this transaction before it was parked, as the journal tells.
    """

    def __init__(
        self,
        service: Service,
        partitions: int,
        held: dict[Key, Held],
        states: dict[Key, Any],
        seen: Mapping[uuid.UUID, uuid.UUID],
        fresh: AbstractSet[uuid.UUID],
        parked: dict[str, Parked],
        forced: Mapping[str, str],
        early: Mapping[str, int] | None = None,
    ) -> None:
        self.service, self.partitions = service, partitions
        self.kinds = {kind.rank: kind for kind in service.kinds}
        self.held, self.states, self.seen = held, states, seen
        self.new, self.fresh = fresh, set(fresh)
        self.parked, self.forced, self.early = parked, forced, early
        self.effects = Effects()
        self.fates = Fates(held, parked, self.effects)
        self._agenda: list[Key] = []

    # --- records ---------------------------------------------------------------------------------------

    def offer(self, item: Item, released: bool = False) -> None:
        """Apply one record of the log (or one `released` by its clock's first tick), and what waited for it."""
        match item:
            case Outside():  # the most frequent first
                if released:
                    self.effects.released.add(item.record.place)
                elif not self._first(item) or not item.keys:
                    return
                if item.known_at is None:
                    self.fates.wait_for_clock(item)
                else:
                    self._try(item)
            case Invalid() if not item.sender:
                if item.identity is None or self._first(item):
                    self.fates.refuse(item, item.error)
            case Ours() | Invalid():
                self._try(item)
            case Operator():
                self._operate(item)
            case Tick() | Foreign():
                return
            case _:
                assert_never(item)
        self._drain()

    def _first(self, item: Outside | Invalid) -> bool:
        """Whether this identity is new. The same again is dropped; with another body it is refused."""
        assert item.identity is not None
        if item.identity in self.fresh:
            self.fresh.discard(item.identity)
            return True
        if self.seen[item.identity] != item.body_hash:
            self.fates.keep_refused(
                item, "ce_id", "seen before with another body", "Give every event its own id."
            )
        return False

    def _try(self, item: Readable, again: Waiter | None = None) -> None:
        """Apply the record if its turn has come, else let it wait; `again`: as what it has waited so far."""
        key = item.keys[0]
        home = self.held[key]
        if not isinstance(item, Outside) and item.version:
            following = home.seen.get(item.sender, 0) + 1
            if item.version < following:
                return
            if item.version > following:
                return self.fates.wait(item, key, "version", f"version {following} of {item.sender}", again)
        if home.parked:
            return self.fates.wait(item, key, "parked", "the parked record before it", again)
        if isinstance(item, Invalid):
            return self._park(item, str(item.error), item.error)
        self._run(item, again)

    def _run(self, item: Outside | Ours, again: Waiter | None) -> None:
        """Let the handler decide; what it raises tells what becomes of the record."""
        envelope, route, data = item.envelope, item.route, item.data
        forced = self.forced.get(item.record.place) if self.forced else None
        wrote: Collection[Key] = ()
        if route is not None and data is not None:
            assert item.known_at is not None
            if forced is not None and self._is_told(item.record.place):
                return self._park(item, forced)
            work = Work(self.states, envelope.tenant, item.known_at, envelope.traceparent)
            wrote = work.puts
            fact = Fact(data, envelope.tenant, item.known_at, envelope.time, envelope.source, envelope.id)
            try:
                if route.more is not None:
                    self._require(self.more_keys(item))
                route.handle(work, fact)
                if forced is not None:
                    raise RuntimeError(forced)
                self._commit(work)
            except Restart:
                raise
            except NotYet as early:
                key = (early.name.kind.rank, f"{envelope.tenant}/{early.name.id}")
                self._require([key])
                self.effects.early[item.record.place] += 1
                return self.fates.wait(item, key, "not_yet", early.wants, again)
            except Exception as error:  # whatever it is, the record is kept whole and the others flow
                if isinstance(error, Refused) and isinstance(item, Outside) and forced is None:
                    return self.fates.refuse(item, error)
                if forced is not None:
                    return self._park(item, forced)
                return self._park(item, f"{type(error).__name__}: {error}", error)
        if isinstance(item, Ours):
            self.held[item.keys[0]].seen[item.sender] = item.version
        self.effects.applied += 1
        self.effects.suspects.append(Suspect(item, wrote))
        if isinstance(item, Outside):
            if item.identity not in self.new:
                self.fates.settle(item, "applied")
            elif self.effects.outcomes:  # the inbox says "applied" of a new one, unless told otherwise
                self.effects.outcomes.pop(item.identity, None)
        self._touch(item.keys[0])

    def _is_told(self, place: str) -> bool:
        """Whether the journal has it parked at this turn, whatever a handler that was mended since may say."""
        return self.early is not None and self.effects.early[place] >= self.early.get(place, 0)

    def _require(self, keys: Iterable[Key]) -> None:
        """Begin anew where one of these is not locked."""
        missing = [key for key in keys if key not in self.held]
        if missing:
            raise Restart(missing) from None

    def more_keys(self, item: Outside | Ours) -> list[Key]:
        """Aggregates that the record names by the state of its first ones."""
        if item.route is None or item.route.more is None:
            return []
        tenant = item.envelope.tenant

        def look(kind: Any, identifier: str) -> Any:
            return self.states[(kind.rank, f"{tenant}/{identifier}")]

        return [(name.kind.rank, f"{tenant}/{name.id}") for name in item.route.more(item.data, look)]

    # --- what a handler has done ------------------------------------------------------------------------

    def _commit(self, work: Work) -> None:
        """Take over what a handler has done: states, deadlines, rows, numbered events."""
        versions: dict[Key, int] = {}
        messages = [self._number(work, e, versions) for e in work.emissions]
        # All that may fail comes first: what is parked must have changed nothing.
        deadlines = [
            (key, due(state))
            for key, state in work.puts.items()
            if (due := self.kinds[key[0]].due) is not None
        ]
        for key, due_at in deadlines:
            self.held[key].due_at = due_at
        for key, state in work.puts.items():
            self.states[key] = state
            self.effects.changed.add(key)
            self._touch(key)
        for table, row in work.rows:
            self.effects.rows[table].append(row)
        for key, version in versions.items():
            self.held[key].version = version
            if key not in work.puts:
                self._touch(key)
        for message in messages:
            assert message.key is not None
            self.effects.messages[partition_of(message.key, self.partitions)].append(message)

    def _number(self, work: Work, emission: Emission, versions: dict[Key, int]) -> KafkaMessage:
        """The message of an event, with its version and its id: the same whenever the log is replayed."""
        key = (emission.kind.rank, f"{work.tenant}/{emission.id}")
        if key not in self.held:
            raise Unnamed(emission.kind, emission.id)
        versions[key] = version = versions.get(key, self.held[key].version) + 1
        return message_of(self.service.name, work.tenant, emission, version, work.traceparent)

    def _touch(self, key: Key) -> None:
        self.effects.dirty.add(key)
        if self.held[key].waiters:
            self._agenda.append(key)

    def _park(self, item: Readable, error: str, failure: Exception | None = None) -> None:
        if failure is not None:
            self.effects.failures[item.record.place] = failure
        self.fates.park(item, error)
        self._touch(item.keys[0])

    # --- what waited -------------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Try again what waits at the aggregates that have changed, until nothing moves any more."""
        while self._agenda:
            held = self.held[self._agenda.pop()]
            for place, waiter in sorted(held.waiters.items(), key=lambda entry: entry[1].arrival):
                if held.waiters.pop(place, None) is not None:
                    self._try(waiter.item, waiter)

    # --- commands ----------------------------------------------------------------------------------------

    def _operate(self, item: Operator) -> None:
        command = item.command
        row = self.parked.get(command.place)
        if row is None or command.place in self.effects.unpark:
            error = Refused(
                "place", f"nothing is parked at {command.place}", "See the list of parked records."
            )
            return self.fates.refuse(Invalid(item.record, error, None, None, None, []), error)
        if command.fix is not None and row.record is None:
            error = Refused("fix", "a deadline has no data", "Redrive it as it is, or discard it.")
            return self.fates.refuse(Invalid(item.record, error, None, None, None, []), error)
        key = (row.rank, row.key)
        held = self.held[key]
        held.parked -= 1
        self.effects.unpark.add(command.place)
        self._touch(key)
        self.fates.ordered = command.place
        outcome = "discarded"
        if item.parked is None:
            if command.action == "discard":
                held.due_at = None
            elif held.due_at == row.known_at:  # else it was moved on meanwhile
                self._fire(Fired(row.rank, row.key, row.known_at))
                outcome = self._fate_of(command.place)
        elif command.action == "redrive":
            self._try(item.parked)
            outcome = self._fate_of(command.place)
        else:
            if not isinstance(item.parked, Outside) and item.parked.version:
                held.seen[item.parked.sender] = item.parked.version
            self.fates.settle(item.parked, "discarded", {"by": command.by, "reason": command.reason})
        self.fates.ordered = ""
        self.fates.answer(item, row, outcome)

    def _fate_of(self, place: str) -> str:
        """What has just become of the record or deadline that was tried again."""
        if place in self.effects.park:
            return "parked"
        if any(place in held.waiters for held in self.held.values()):
            return "waiting"
        refused = any(refusal.place == place for refusal in self.effects.refused)
        return "refused" if refused else "applied"

    # --- deadlines ---------------------------------------------------------------------------------------

    def fire_due(self, clock: str, until: dt.datetime) -> None:
        """Fire, in the order of their times, the deadlines of locked aggregates up to and including `until`."""
        queue = [
            Fired(rank, key, held.due_at)
            for (rank, key), held in self.held.items()
            if held.due_at and held.due_at <= until and clock_of(key.partition("/")[0]) == clock
        ]
        order = [(due.at, due) for due in queue]
        heapq.heapify(order)
        while order:
            _, due = heapq.heappop(order)
            held = self.held[(due.rank, due.key)]
            if held.due_at != due.at or held.parked:
                continue
            self.effects.fired.append(due)
            for key in self._fire(due):
                at = self.held[key].due_at
                if at is not None and at <= until:
                    heapq.heappush(order, (at, Fired(*key, at)))

    def fire_told(self, told: Iterable[Fired]) -> None:
        """Fire exactly these deadlines, as the journal tells."""
        for due in told:
            self.effects.fired.append(due)
            self._fire(due)

    def _fire(self, due: Fired) -> Iterable[Key]:
        """Fire one deadline; the aggregates that it changed. One that fails is parked, by itself."""
        key = (due.rank, due.key)
        tenant, _, identifier = due.key.partition("/")
        route = self.service.router.due_routes[due.rank]
        place = timer_place(due)
        work = Work(self.states, tenant, due.at)
        try:
            if place in self.forced:
                raise RuntimeError(self.forced[place])
            self._require((n.kind.rank, f"{tenant}/{n.id}") for n in route.names(self.states[key]))
            route.handle(work, Due(tenant, identifier, due.at))
            wants = self.kinds[due.rank].due
            if wants is None or wants(work.puts.get(key, self.states[key])) == due.at:
                raise RuntimeError("the handler did not move the deadline on")
            self._commit(work)
        except Restart:
            raise
        except Exception as error:  # whatever it is, the tick goes on
            reason = storable(self.forced.get(place) or f"{type(error).__name__}: {error}")
            self.fates.stand_still(place, key, TIMER, reason, due.at, None)
            self._touch(key)
            return ()
        self.effects.suspects.append(Suspect(due, work.puts))
        self._drain()
        return list(work.puts)
