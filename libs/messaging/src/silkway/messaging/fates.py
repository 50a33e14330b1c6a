"""What becomes of a record that is not simply applied: it is refused, waits, or is parked. Nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from silkway.contracts import ContractError, clock_of
from silkway.messaging.effects import Attempt, Effects, Held, Parked, Refusal, Waiter, Waiting
from silkway.messaging.fact import Refused
from silkway.messaging.places import CLOCK_RANK, EPOCH, clock_key, recorded_at, storable
from silkway.messaging.records import Invalid, Operator, Ours, Outside, Readable
from silkway.messaging.work import Key


class Fates:
    """Writes into `effects` what becomes of records. `parked`: rows as the table has them, by place.

    `ordered`: the place of the parked record that a command is about just now; its attempt is written by `answer`.
    """

    def __init__(self, held: Mapping[Key, Held], parked: dict[str, Parked], effects: Effects) -> None:
        self._held, self._parked, self._effects = held, parked, effects
        self.ordered = ""

    def settle(self, item: Readable, outcome: str, detail: dict[str, Any] | None = None) -> None:
        """Tell the sender, by the identity of what came from outside."""
        if not isinstance(item, Ours) and item.identity is not None:
            self._effects.outcomes[item.identity] = (outcome, detail)

    def refuse(self, item: Outside | Invalid, answer: Refused | ContractError) -> None:
        """It can never be applied: kept whole, with field, reason and remedy; nothing waits for it."""
        field, reason, remedy = map(storable, (answer.field, answer.reason, answer.remedy))
        self.settle(item, "refused", {"field": field, "reason": reason, "remedy": remedy})
        self.keep_refused(item, field, reason, remedy)

    def keep_refused(self, item: Outside | Invalid, field: str, reason: str, remedy: str) -> None:
        """Kept whole, but its identity keeps the outcome that it had before."""
        sent = item.envelope
        tenant, source, event_id, event_type = (
            (sent.tenant, sent.source, sent.id, sent.type) if sent else (None, None, None, None)
        )
        place, record = item.record.place, item.record.pack()
        refusal = Refusal(place, tenant, source, event_id, event_type, field, reason, remedy, record)
        self._effects.refused.append(refusal)

    def wait(self, item: Readable, key: Key, cause: str, wants: str, again: Waiter | None) -> None:
        """Kept at the aggregate `key` until that changes; `again`: as what it has waited so far."""
        held = self._held[key]
        if again is not None and again.key == key:
            stored = again.stored and (again.cause, again.wants) == (cause, wants)
            waiter = Waiter(item, key, again.arrival, cause, wants, stored)
        else:
            arrival = 1 + max((w.arrival for w in held.waiters.values()), default=0)
            waiter = Waiter(item, key, arrival, cause, wants, stored=False)
        held.waiters[item.record.place] = waiter
        self._effects.dirty.add(key)
        if not waiter.stored:
            self.settle(item, "waiting", {"for": wants})

    def wait_for_clock(self, item: Outside) -> None:
        """Kept until its clock ticks in its partition: before that nobody knows when it became known."""
        record, tenant = item.record, item.envelope.tenant
        wants = f"first tick of clock {clock_of(tenant)}"
        self._effects.clock_waits.append(
            Waiting(
                record.place,
                CLOCK_RANK,
                clock_key(clock_of(tenant), record.topic, record.partition),
                record.offset,
                "clock",
                wants,
                tenant,
                None,
                record.pack(),
            )
        )
        self.settle(item, "waiting", {"for": wants})

    def park(self, item: Readable, error: str) -> None:
        """Kept whole at its first aggregate, which stands still until operations redrive or discard it."""
        event_type, error = item.envelope.type if item.envelope else "", storable(error)
        record = item.record
        self.stand_still(
            record.place,
            item.keys[0],
            event_type,
            error,
            item.known_at or EPOCH,
            record.pack(),
            record.recorded_ms,
        )
        self.settle(item, "parked", {"error": error})

    def stand_still(
        self,
        place: str,
        key: Key,
        event_type: str,
        error: str,
        known_at: dt.datetime,
        record: bytes | None = None,
        recorded_ms: int = -1,
    ) -> None:
        """Park a record, or a deadline (no `record`), at the aggregate `key`."""
        known, tenant, error = self._parked.get(place), key[1].partition("/")[0], error[:2000]
        attempts = 1 + (known.attempts if known else 0)
        row = Parked(place, *key, tenant, event_type, error, attempts, known_at, record, recorded_ms)
        if known:
            row = row._replace(recorded_ms=known.recorded_ms)
            self._parked[place] = known._replace(attempts=attempts, error=error, rank=key[0], key=key[1])
        self._effects.unpark.discard(place)
        self._effects.park[place] = row
        self._held[key].parked += 1
        if place != self.ordered:
            at = recorded_at(recorded_ms) or known_at
            self._effects.attempts.append(
                Attempt(place, tenant, "read", at, "", "", "parked", error, None, None, None)
            )

    def answer(self, item: Operator, row: Parked, outcome: str) -> None:
        """What came of a command about the parked `row`: kept beside the attempts before it."""
        command, again = item.command, self._effects.park.get(row.place)
        self._effects.attempts.append(
            Attempt(
                row.place,
                row.tenant,
                command.action,
                recorded_at(item.record.recorded_ms) or row.known_at,
                command.by,
                command.reason,
                outcome,
                again.error if again else None,
                command.fix,
                row.record if command.fix is not None else None,
                item.record.place,
            )
        )
