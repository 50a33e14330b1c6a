"""The notify service over HTTP: orders seen whole, notices, incidents, suppliers, and a live feed of them."""

from silkway.notify.api import erasures, feed, incidents, notices, orders
from silkway.notify.api.routing import API
from silkway.notify.channels import api as channels

channels.add_to(API)

__all__ = ["API", "erasures", "feed", "incidents", "notices", "orders"]
