"""The logistics service over HTTP."""

from silkway.logistics.api import quotes, shipments
from silkway.logistics.api.door import API

__all__ = ["API", "quotes", "shipments"]
