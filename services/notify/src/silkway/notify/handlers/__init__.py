"""What notify does about each event. One module for each matter; all register with the one router."""

from silkway.notify.handlers import channels, erasures, findings, incidents, orders, payments, suppliers
from silkway.notify.handlers.routing import router

__all__ = ["channels", "erasures", "findings", "incidents", "orders", "payments", "router", "suppliers"]
