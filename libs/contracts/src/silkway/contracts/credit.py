"""Facts on trade.credit: what the assurance has to know about suppliers."""

from silkway.contracts.event import Event
from silkway.contracts.fields import Country, Id, Moment, Name, TimeZone
from silkway.contracts.topics import TRADE_CREDIT


class SupplierRegistered(Event):
    """A supplier joined the platform."""

    type = "silkway.supplier.registered.v1"
    topic = TRADE_CREDIT
    subject_kind = "supplier"

    supplier_id: Id
    """The supplier, as its platform calls it."""
    name: Name
    """Its name, 1 to 200 characters."""
    country: Country | None = None
    """Its seat, ISO 3166-1 alpha-2."""
    time_zone: TimeZone = "UTC"
    """IANA time zone by which its promises to ship are judged."""
    registered_at: Moment
    """When it joined."""
