"""The logistics service over HTTP."""

from silkway.logistics.api import shipments
from silkway.logistics.api.door import API

__all__ = ["API", "shipments"]
