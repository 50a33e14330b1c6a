"""The door of the order service."""

from silkway.messaging.http import Api

API = Api("order")
