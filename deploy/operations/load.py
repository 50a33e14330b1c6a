"""A steady load over HTTP, and what must have come of it.

Each order is told by seven facts to three services' APIs, as a platform's backend does: every fact under a key of its
own, repeated until it is accepted. Beside it somebody listens to the live feed, and resumes it where it broke off.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from deploy.operations.engine import Failed, say

if TYPE_CHECKING:
    from deploy.operations.engine import Engine

RATE: Final = 1.0
"""Orders a second."""
ANSWER_S: Final = 15.0
SETTLE_S: Final = 240.0
"""How long it may take, after the last fault, until everything is known everywhere."""
STEP_S: Final = 0.1
"""Between the facts of an order; each is late when the one before has not been accepted yet."""
PAUSE_S: Final = 1.0
"""Between two attempts."""
AT_ONCE: Final = 400
TOTAL_MINOR: Final = 830_000
AWAY: Final = (OSError, http.client.HTTPException, json.JSONDecodeError)

NOTICES: Final = Counter({"ORDER_PLACED": 1, "PAYMENT_MATCHED": 1, "SHIPMENT_DISPATCHED": 1})
"""What is heard of each order."""
TIMELINE: Final = Counter(
    f"silkway.{name}.v1"
    for name in (
        "order.recorded", "order.placed", "order.funded", "payment.matched", "hold.requested", "hold.granted",
        "shipment.linked", "shipment.dispatched", "milestone.recorded",
    )
)  # fmt: skip
"""The entries of each order's timeline."""
VARIES: Final = "silkway.order.shipped.v1"
"""It tells how far the goods are, in one step or two, as facts come; the last is compared with `EXPECTED`."""
WANTED: Final = NOTICES + TIMELINE
EXPECTED: Final = {
    "life": "PLACED", "funds": "FUNDED", "assurance": "HELD", "logistics": "SHIPPED", "issue": "NONE",
    "received_minor": TOTAL_MINOR, "escrow_minor": TOTAL_MINOR, "refund_due_minor": 0, "paid_out_minor": 0,
    "hold_granted_minor": TOTAL_MINOR, "shipment_count": 1, "line_count": 1,
}  # fmt: skip
"""What each order is in the end."""


@dataclass
class Outcome:
    """What came of a load. Latencies in seconds, from when a fact was to be told until its notice was heard.

    A fact that has to wait for a service that is away was to be told on time all the same.
    """

    orders: int = 0
    facts: int = 0
    repeated: int = 0
    """Attempts that were not accepted, and were made again."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    heard_again: int = 0
    """Steps of the feed that came once more, word for word: no double for whoever looks at their ids."""
    latencies: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The latency that so many of all notices did not exceed."""
        ordered = sorted(self.latencies) or [0.0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def as_data(self) -> dict[str, Any]:
        found = {**asdict(self), "p50": self.percentile(0.5), "p99": self.percentile(0.99)}
        found["longest"] = max(found.pop("latencies"), default=0.0)
        return found


class Load:
    """Tells orders of a tenant of its own as long as it is open; `finish` waits for all and judges them."""

    def __init__(self, engine: Engine, tenant: str, rate: float = RATE) -> None:
        self._engine, self._tenant, self._rate = engine, tenant, rate
        self._told: list[str] = []
        self._due: dict[tuple[str, str], float] = {}
        """When a notice's cause was to be told, by order and kind of notice."""
        self._heard: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._steps: set[str] = set()
        """All that was heard, as it was told."""
        self._outcome = Outcome()
        self._lock = threading.Lock()
        self._stop, self._end = threading.Event(), threading.Event()
        self._workers = ThreadPoolExecutor(AT_ONCE)
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._tell_all, self._listen)]

    def start(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def finish(self) -> Outcome:
        """Tell the begun orders to their ends, wait until all of them were heard of, and judge."""
        self._stop.set()
        self._threads[0].join()
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline and any(WANTED - self._heard[order_id] for order_id in self._told):
            time.sleep(0.5)
        time.sleep(3)  # whatever comes twice comes soon
        self.stop()
        self._judge()
        return self._outcome

    def stop(self) -> None:
        """Tell nothing any more, and listen no longer."""
        self._stop.set()
        self._end.set()
        self._workers.shutdown(wait=True, cancel_futures=True)

    # --- telling -------------------------------------------------------------------------------------------

    def _tell_all(self) -> None:
        number, due = 0, time.monotonic()
        while not self._stop.is_set():
            number, due = number + 1, due + 1 / self._rate
            order_id = f"O-{number}"
            self._told.append(order_id)
            self._workers.submit(self._tell_order, order_id, due)
            time.sleep(max(0.0, due - time.monotonic()))

    def _tell_order(self, order_id: str, due: float) -> None:
        for number, (service, path, body, notice) in enumerate(facts_of(order_id)):
            due += STEP_S
            if notice:
                self._due[order_id, notice] = due
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self._tell(service, path, body, f"{order_id}/{number}")
            except Failed as error:
                with self._lock:
                    self._outcome.lost.append(str(error))
                return

    def _tell(self, service: str, path: str, body: dict[str, Any], key: str) -> None:
        """Until it is accepted."""
        while not self._end.is_set():
            try:
                status, said = self._ask(service, "POST", path, body, {"Idempotency-Key": key})
            except AWAY as error:
                self._engine.lost(service)
                status, said = 0, repr(error)
            if status == 202:
                with self._lock:
                    self._outcome.facts += 1
                return
            if 400 <= status < 500 and status not in (401, 429):
                raise Failed(f"{key}: refused with {status}: {said}")
            with self._lock:
                self._outcome.repeated += 1
            time.sleep(PAUSE_S)
        raise Failed(f"{key}: never accepted")

    def _ask(
        self, service: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        connection = self._connection(service)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {**self._headers(), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def _connection(self, service: str, timeout_s: float = ANSWER_S) -> http.client.HTTPConnection:
        try:
            return http.client.HTTPConnection(urlsplit(self._engine.url(service)).netloc, timeout=timeout_s)
        except Failed as error:  # just now there is no such container
            raise OSError(str(error)) from None

    def _headers(self) -> dict[str, str]:
        key = self._engine.key()
        sent = {"Authorization": f"Bearer {key}"} if key else {}
        return {"Content-Type": "application/json", "Silkway-Tenant": self._tenant, **sent}

    # --- listening -----------------------------------------------------------------------------------------

    def _listen(self) -> None:
        last = "0-0"
        while not self._end.is_set():
            try:
                for heard, event, told in self._feed(last):
                    last = heard
                    self._hear(event, told)
            except AWAY:
                self._engine.lost("notify")
                time.sleep(0.2)

    def _feed(self, after: str) -> Iterator[tuple[str, str, str]]:
        connection = self._connection("notify", 40)  # it says something every 15 s
        try:
            connection.request("GET", "/feed", headers={**self._headers(), "Last-Event-ID": after})
            answer = connection.getresponse()
            if answer.status != 200:
                raise OSError(f"the feed answers {answer.status}")
            fields: dict[str, str] = {}
            while line := answer.readline():
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    yield fields["id"], fields["event"], fields["data"]
                    fields = {}
        finally:
            connection.close()

    def _hear(self, event: str, told: str) -> None:
        data = json.loads(told)
        order_id = data.get("order_id")
        if order_id is None or event == "incident":
            return
        if told in self._steps:
            self._outcome.heard_again += 1
            return
        self._steps.add(told)
        what = data["kind"] if event == "notice" else data["type"]
        self._heard[order_id][what] += what != VARIES
        if event == "notice" and (due := self._due.pop((order_id, what), None)) is not None:
            self._outcome.latencies.append(time.monotonic() - due)

    # --- judging -------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        self._outcome.orders = len(self._told)
        for order_id in self._told:
            self._compare(order_id, "heard", WANTED, self._heard[order_id])
            order = self._seen(order_id)
            notices = Counter(notice["kind"] for notice in order.get("notices", []))
            timeline = Counter(entry["type"] for entry in order.get("timeline", []))
            del timeline[VARIES]
            self._compare(order_id, "kept", WANTED, notices + timeline)
            for name, value in EXPECTED.items():
                if order.get(name) != value:
                    self._outcome.lost.append(f"{order_id}: {name} is {order.get(name)}, not {value}")
        unknown = set(self._heard) - set(self._told)
        self._outcome.doubled += [f"{order_id}: nobody has told of it" for order_id in unknown]

    def _compare(self, order_id: str, where: str, expected: Counter[str], found: Counter[str]) -> None:
        self._outcome.lost += [f"{order_id}: {what} not {where}" for what in expected - found]
        self._outcome.doubled += [f"{order_id}: {what} {where} too often" for what in found - expected]

    def _seen(self, order_id: str) -> dict[str, Any]:
        for _ in range(60):
            try:
                status, order = self._ask("notify", "GET", f"/orders/{order_id}")
            except AWAY:
                self._engine.lost("notify")
                status, order = 0, {}
            if status == 200:
                found: dict[str, Any] = order
                return found
            if status == 404:
                return {}
            time.sleep(1)
        say(f"{order_id} cannot be seen")
        return {}


def facts_of(order_id: str) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Service, path and body of each fact, and the kind of the notice that follows from it, if one does."""
    now = dt.datetime.now(dt.UTC).isoformat()
    supplier_id, account_id, shipment_id = f"S-{order_id}", f"VA-{order_id}", f"SH-{order_id}"
    reference = f"PAY-{order_id}"
    yield "credit", "/suppliers", {
        "supplier_id": supplier_id, "name": "Jingdezhen Fine Ceramics", "country": "CN",
        "time_zone": "Asia/Shanghai", "registered_at": now,
    }, ""  # fmt: skip
    yield "order", "/orders", {
        "order_id": order_id, "buyer_id": "B-1", "supplier_id": supplier_id, "currency": "USD",
        "account_id": account_id, "payment_reference": reference, "destination_country": "DE",
        "lines": [{"line_id": "1", "description": "Mugs", "quantity": 1000, "value_minor": TOTAL_MINOR}],
        "terms": {"deposit_minor": 249_000, "balance_due": "BEFORE_SHIPMENT"}, "drafted_at": now,
    }, ""  # fmt: skip
    for party, notice in (("BUYER", ""), ("SUPPLIER", "ORDER_PLACED")):
        yield "order", f"/orders/{order_id}/confirmations", {"party": party, "confirmed_at": now}, notice
    yield "order", "/payments", {
        "account_id": account_id, "bank_reference": f"N-{order_id}", "payment_reference": reference,
        "amount_minor": TOTAL_MINOR, "currency": "USD", "received_at": now,
    }, "PAYMENT_MATCHED"  # fmt: skip
    yield "logistics", "/shipments", {
        "shipment_id": shipment_id, "mode": "SEA", "carrier": "Blue Anchor Line", "references": [],
        "lines": [{"order_id": order_id, "line_id": "1", "quantity": 1000}], "booked_at": now,
    }, ""  # fmt: skip
    yield "logistics", f"/shipments/{shipment_id}/dispatch", {"shipped_at": now}, "SHIPMENT_DISPATCHED"
