"""What a view counts over its lines and shipments."""

from msgspec.structs import replace

from silkway.notify.domain.state import OrderView


def counted(view: OrderView) -> OrderView:
    """The view with its counts and its estimate as its lines and shipments have them now."""
    lines = [line for line in view.lines if not line.amended_away]
    open_shipments = [shipment for shipment in view.shipments if shipment.delivered_at is None]
    return replace(
        view,
        line_count=len(lines),
        lines_delivered=sum(line.delivered_on is not None for line in lines),
        lines_late=sum(line.late for line in lines),
        shipment_count=len(view.shipments),
        shipments_delivered=len(view.shipments) - len(open_shipments),
        eta=max((s.eta for s in open_shipments if s.eta is not None), default=None),
        delayed_days=max((shipment.delayed_days for shipment in open_shipments), default=0),
    )
