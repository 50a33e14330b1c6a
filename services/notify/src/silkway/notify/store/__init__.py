"""The tables of notify, and what its API reads."""

from silkway.notify.store.erasures import list_erasures, subjects_of_orders, subjects_of_party
from silkway.notify.store.feed import feed_horizon, feed_items
from silkway.notify.store.incidents import list_incidents, list_members, list_past, read_incident
from silkway.notify.store.notices import list_notices, read_notice, read_reasons
from silkway.notify.store.orders import list_orders, read_order
from silkway.notify.store.suppliers import list_suppliers, read_supplier
from silkway.notify.store.tables import (
    ACCOUNT,
    ERASURE,
    FEED,
    FINDING,
    INCIDENT,
    NOTICES,
    ORDER,
    PAST_INCIDENTS,
    PAYMENT,
    SUPPLIER,
    TIMELINE,
)

__all__ = [
    "ACCOUNT", "ERASURE", "FEED", "FINDING", "INCIDENT", "NOTICES", "ORDER", "PAST_INCIDENTS", "PAYMENT",
    "SUPPLIER", "TIMELINE", "feed_horizon", "feed_items", "list_erasures", "list_incidents", "list_members",
    "list_notices", "list_orders", "list_past", "list_suppliers", "read_incident", "read_notice",
    "read_order", "read_reasons", "read_supplier", "subjects_of_orders", "subjects_of_party",
]  # fmt: skip
