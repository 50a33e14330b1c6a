"""The order service over HTTP: facts and requests about orders and money in, orders and queues out."""

from silkway.order.api import facts_of_money, facts_of_orders, lists
from silkway.order.api.door import API

__all__ = ["API", "facts_of_money", "facts_of_orders", "lists"]
