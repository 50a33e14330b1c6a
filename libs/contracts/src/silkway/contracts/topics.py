"""The topics of the system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["PARKED_SUFFIX", "TOPICS", "Topic", "TopicKind"]


class TopicKind(Enum):
    """Who writes a topic, hence how far its readers trust it."""

    INGRESS = "INGRESS"
    """Facts from outside: anybody with the right may write; checked at the edge."""
    SERVICE = "SERVICE"
    """Events of one of our services: densely versioned per subject, written by nobody else."""
    REDRIVE = "REDRIVE"
    """A service's parked records on their way back, by order of operations."""
    JOURNAL = "JOURNAL"
    """What a service's transactions did, for the service itself: a database restored from a backup catches up by it."""
    PARKED = "PARKED"
    """Records of the topic of that name that could not be applied, for others to see."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic. `name` is without the installation's prefix."""

    name: str
    kind: TopicKind
    description: str
    partitions: int = 8


TRADE_ORDERS: Final = "trade.orders"
TRADE_PAYMENTS: Final = "trade.payments"
TRADE_SHIPMENTS: Final = "trade.shipments"
TRADE_CREDIT: Final = "trade.credit"
TRADE_NOTICES: Final = "trade.notices"
ORDER_EVENTS: Final = "order.events"
LOGISTICS_EVENTS: Final = "logistics.events"
CREDIT_EVENTS: Final = "credit.events"
NOTIFY_EVENTS: Final = "notify.events"

PARKED_SUFFIX: Final = ".parked"

_INGRESS: Final = {
    TRADE_ORDERS: "What buyers and suppliers do with orders. Key: order.",
    TRADE_PAYMENTS: "What banks report about money. Key: virtual account.",
    TRADE_SHIPMENTS: "What carriers and forwarders report about shipments. Key: shipment.",
    TRADE_CREDIT: "What the assurance has to know: suppliers, rates, claims. Key: supplier, currency or order.",
    TRADE_NOTICES: "What people and channels answer to notices. Key: subject.",
}
_SERVICE: Final = {
    ORDER_EVENTS: "What the order service decided and learned. Key: order.",
    LOGISTICS_EVENTS: "What the logistics service learned, per order concerned. Key: order.",
    CREDIT_EVENTS: "What the credit service decided. Key: order, or supplier.",
    NOTIFY_EVENTS: "What notify told to whom, and incidents. Key: order, incident, supplier or subscription.",
}
_SERVICES: Final = ("order", "logistics", "credit", "notify")

_HEARD: Final = (ORDER_EVENTS, LOGISTICS_EVENTS, CREDIT_EVENTS)
"""Topics of our services that others of them read, so that a record of theirs may be parked."""

TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        *(Topic(name, TopicKind.INGRESS, text) for name, text in _INGRESS.items()),
        *(Topic(name, TopicKind.SERVICE, text) for name, text in _SERVICE.items()),
        *(
            Topic(f"{service}.redrive", TopicKind.REDRIVE, f"Parked records of {service} on their way back.")
            for service in _SERVICES
        ),
        *(
            Topic(
                f"{service}.journal",
                TopicKind.JOURNAL,
                f"What each transaction of {service} did.",
                partitions=1,
            )
            for service in _SERVICES
        ),
        *(
            Topic(
                f"{name}{PARKED_SUFFIX}",
                TopicKind.PARKED,
                f"Records of {name} that a service could not apply.",
                1,
            )
            for name in (*_INGRESS, *_HEARD)
        ),
    )
}
"""All topics by name."""
