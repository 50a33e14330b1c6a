"""The engine: batches of records in, decisions and events out, once and in order.

A service's author writes domain, handlers and store with these names and sees no offset, version or lock.
"""

from silkway.messaging.fact import Due, Fact, NotYet, Refused
from silkway.messaging.kind import Kind, Name
from silkway.messaging.routing import Look, Router, Service
from silkway.messaging.table import Child, Rows, Table
from silkway.messaging.work import Decision, Unnamed, Work

__all__ = [
    "Child",
    "Decision",
    "Due",
    "Fact",
    "Kind",
    "Look",
    "Name",
    "NotYet",
    "Refused",
    "Router",
    "Rows",
    "Service",
    "Table",
    "Unnamed",
    "Work",
]
