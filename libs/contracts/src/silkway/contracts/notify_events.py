"""Events of the notify service, on notify.events."""

from silkway.contracts.event import Event
from silkway.contracts.fields import Audience, Code, DerivedId, Id, Severity, Text
from silkway.contracts.topics import NOTIFY_EVENTS


class NotificationSent(Event):
    """Somebody was told something about an order."""

    type = "silkway.notification.sent.v1"
    topic = NOTIFY_EVENTS
    subject_kind = "order"

    notice_id: DerivedId
    """The notice."""
    order_id: Id
    """The order it is about."""
    audience: Audience
    """Who was told."""
    kind: Code
    """What kind of notice, e.g. HOLD_REFUSED."""
    text: Text
    """What was said, 1 to 500 characters."""
    severity: Severity
    """How much it matters."""
