"""The events of Silkway as data: models, topics, keys, CloudEvents in Kafka binary mode, schemas."""

from silkway.contracts.clock import ClockTicked
from silkway.contracts.cloudevents import (
    Envelope,
    KafkaMessage,
    check_key,
    check_topic,
    read,
    read_envelope,
    write,
)
from silkway.contracts.codes import COUNTRIES, CURRENCIES
from silkway.contracts.credit import SupplierRegistered
from silkway.contracts.credit_events import (
    HoldGranted,
    HoldRefused,
    HoldReleased,
    LimitReason,
    LimitReassessed,
)
from silkway.contracts.errors import ContractError, ErrorCode
from silkway.contracts.event import Event, Part
from silkway.contracts.keys import LIVE_CLOCK, clock_of, key_of, partition_of
from silkway.contracts.logistics_events import (
    CarriedLine,
    DeliveredLine,
    MilestoneRecorded,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.contracts.notify_events import NotificationSent
from silkway.contracts.order import OrderConfirmed, OrderDrafted, OrderLine, ReceiptConfirmed, Terms
from silkway.contracts.order_events import (
    HoldRequested,
    OrderAccepted,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    OrderShipped,
    PaymentMatched,
    PayoutDue,
)
from silkway.contracts.payment import PaymentReceived, PayoutPaid
from silkway.contracts.registry import EVENTS, MAX_DATA_BYTES, event_class, read_data
from silkway.contracts.shipment import (
    MilestoneTracked,
    ShipmentBooked,
    ShipmentLine,
    ShipmentReference,
    ShipmentShipped,
)
from silkway.contracts.topics import TOPICS, Topic, TopicKind

__all__ = [
    "COUNTRIES",
    "CURRENCIES",
    "EVENTS",
    "LIVE_CLOCK",
    "MAX_DATA_BYTES",
    "TOPICS",
    "CarriedLine",
    "ClockTicked",
    "ContractError",
    "DeliveredLine",
    "Envelope",
    "ErrorCode",
    "Event",
    "HoldGranted",
    "HoldRefused",
    "HoldReleased",
    "HoldRequested",
    "KafkaMessage",
    "LimitReason",
    "LimitReassessed",
    "MilestoneRecorded",
    "MilestoneTracked",
    "NotificationSent",
    "OrderAccepted",
    "OrderCompleted",
    "OrderConfirmed",
    "OrderDelivered",
    "OrderDrafted",
    "OrderFunded",
    "OrderLine",
    "OrderPlaced",
    "OrderRecorded",
    "OrderSettled",
    "OrderShipped",
    "Part",
    "PaymentMatched",
    "PaymentReceived",
    "PayoutDue",
    "PayoutPaid",
    "ReceiptConfirmed",
    "ShipmentBooked",
    "ShipmentDelivered",
    "ShipmentDispatched",
    "ShipmentLine",
    "ShipmentLinked",
    "ShipmentReference",
    "ShipmentShipped",
    "SupplierRegistered",
    "Terms",
    "Topic",
    "TopicKind",
    "check_key",
    "check_topic",
    "clock_of",
    "event_class",
    "key_of",
    "partition_of",
    "read",
    "read_data",
    "read_envelope",
    "write",
]
