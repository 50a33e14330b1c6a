"""What becomes of a record that is not simply applied: it is refused, waits, or is parked. Nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from silkway.contracts import ContractError, clock_of
from silkway.messaging.effects import Effects, Held, Parked, Refusal, Waiter, Waiting
from silkway.messaging.fact import Refused
from silkway.messaging.places import CLOCK_RANK, EPOCH, clock_key, storable
from silkway.messaging.records import Invalid, Ours, Outside, Readable
from silkway.messaging.work import Key


class Fates:
    """Writes into `effects` what becomes of records. `parked`: rows as the table has them, by place."""

    def __init__(self, held: Mapping[Key, Held], parked: Mapping[str, Parked], effects: Effects) -> None:
        self._held, self._parked, self._effects = held, parked, effects

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
        known_at = item.known_at or EPOCH
        self.stand_still(item.record.place, item.keys[0], event_type, error, known_at, item.record.pack())
        self.settle(item, "parked", {"error": error})

    def stand_still(
        self, place: str, key: Key, event_type: str, error: str, known_at: dt.datetime, record: bytes | None
    ) -> None:
        """Park a record, or a deadline (no `record`), at the aggregate `key`."""
        attempts = 1 + (self._parked[place].attempts if place in self._parked else 0)
        self._effects.unpark.discard(place)
        self._effects.park[place] = Parked(
            place, *key, key[1].partition("/")[0], event_type, error[:2000], attempts, known_at, record
        )
        self._held[key].parked += 1
