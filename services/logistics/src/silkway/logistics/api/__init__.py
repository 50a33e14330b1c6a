"""The logistics service over HTTP."""

from silkway.logistics.api import clearances, quotes, shipments
from silkway.logistics.api.door import API

__all__ = ["API", "clearances", "quotes", "shipments"]
