"""What an event does to the business tables, the same for both peers: one statement each.

An event is a dict with its `kind` and what the statement of that kind names. Every statement may be executed again
without doing anything twice: what has been noted is not noted again, and what follows from it follows only then.
"""

from __future__ import annotations

import re
from typing import Any, Final

Event = dict[str, Any]

CONFIRMED: Final = """
    UPDATE orders SET buyer_confirmed = buyer_confirmed OR :party = 'BUYER',
                      supplier_confirmed = supplier_confirmed OR :party = 'SUPPLIER'
    WHERE order_id = :order_id
    RETURNING supplier_id, total_minor, buyer_confirmed AND supplier_confirmed AND life = 'DRAFTED' AS agreed"""
PLACED: Final = """
    WITH room AS (
        SELECT supplier_id, limit_minor - held_minor AS free_minor FROM suppliers
        WHERE supplier_id = :supplier_id FOR UPDATE
    ), hold AS (
        INSERT INTO holds (order_id, supplier_id, amount_minor)
        SELECT :order_id, supplier_id, least(free_minor, :total_minor) FROM room
        ON CONFLICT DO NOTHING RETURNING supplier_id, amount_minor
    ), held AS (
        UPDATE suppliers SET held_minor = held_minor + amount_minor FROM hold
        WHERE suppliers.supplier_id = hold.supplier_id
    ), placed AS (
        UPDATE orders SET life = 'PLACED', assurance = CASE
            WHEN amount_minor = 0 THEN 'REFUSED' WHEN amount_minor < total_minor THEN 'PARTIAL' ELSE 'HELD' END
        FROM hold WHERE order_id = :order_id
    )
    INSERT INTO notices SELECT :order_id, 'ORDER_PLACED', 'SUPPLIER' FROM hold"""
STATEMENTS: Final = {
    "DRAFTED": """
        WITH supplier AS (
            INSERT INTO suppliers VALUES (:supplier_id, 5000000, 0) ON CONFLICT DO NOTHING
        )
        INSERT INTO orders (order_id, buyer_id, supplier_id, currency, total_minor, lines)
        VALUES (:order_id, :buyer_id, :supplier_id, :currency, :total_minor, :lines)
        ON CONFLICT DO NOTHING""",
    "PAID": """
        WITH payment AS (
            INSERT INTO payments VALUES (:bank_reference, :order_id, :amount_minor)
            ON CONFLICT DO NOTHING RETURNING amount_minor
        ), paid AS (
            UPDATE orders SET escrow_minor = escrow_minor + amount_minor,
                funds = CASE WHEN escrow_minor + amount_minor >= total_minor THEN 'FUNDED' ELSE 'PART_PAID' END
            FROM payment WHERE order_id = :order_id
        )
        INSERT INTO notices SELECT :order_id, 'PAYMENT_MATCHED', 'SUPPLIER' FROM payment ON CONFLICT DO NOTHING""",
    "BOOKED": """
        WITH shipment AS (
            INSERT INTO shipments VALUES (:shipment_id, :order_id, 'BOOKED') ON CONFLICT DO NOTHING RETURNING 1
        )
        UPDATE orders SET logistics = 'BOOKED' FROM shipment WHERE order_id = :order_id""",
    "SHIPPED": """
        WITH shipment AS (
            UPDATE shipments SET state = 'IN_TRANSIT' WHERE shipment_id = :shipment_id AND state = 'BOOKED'
            RETURNING 1
        ), shipped AS (
            UPDATE orders SET logistics = 'SHIPPED' FROM shipment WHERE order_id = :order_id
        )
        INSERT INTO notices SELECT :order_id, 'SHIPMENT_DISPATCHED', 'BUYER' FROM shipment""",
    "TRACKED": """
        WITH milestone AS (
            INSERT INTO milestones VALUES (:shipment_id, :milestone, now()) ON CONFLICT DO NOTHING RETURNING 1
        )
        UPDATE shipments SET state = :milestone FROM milestone WHERE shipment_id = :shipment_id""",
    "DELIVERED": """
        WITH milestone AS (
            INSERT INTO milestones VALUES (:shipment_id, 'DELIVERED', now()) ON CONFLICT DO NOTHING RETURNING 1
        ), shipment AS (
            UPDATE shipments SET state = 'DELIVERED' FROM milestone WHERE shipment_id = :shipment_id
        ), delivered AS (
            UPDATE orders SET logistics = 'DELIVERED' FROM milestone WHERE order_id = :order_id
        )
        INSERT INTO notices SELECT :order_id, 'ORDER_DELIVERED', 'BUYER' FROM milestone""",
    "RECEIVED": """
        UPDATE orders SET life = 'COMPLETED'
        WHERE order_id = :order_id AND life = 'PLACED' AND funds = 'FUNDED' AND logistics = 'DELIVERED'""",
    "PAID_OUT": """
        WITH payout AS (
            INSERT INTO payouts VALUES (:payout_reference, :order_id, :amount_minor)
            ON CONFLICT DO NOTHING RETURNING amount_minor
        ), settled AS (
            UPDATE orders SET life = 'SETTLED', escrow_minor = escrow_minor - amount_minor
            FROM payout WHERE order_id = :order_id AND life = 'COMPLETED'
        )
        INSERT INTO notices SELECT :order_id, 'PAYOUT_MADE', 'SUPPLIER' FROM payout""",
}
FIRST, LAST = "DRAFTED", "PAID_OUT"
_NAME: Final = re.compile(r"(?<!:):([a-z_]+)")


def numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with $1, $2 … in place of its names, and the names in that order."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", statement), names


def event(order_id: str, number: int, orders_a_supplier: int, total_minor: int, stage: int) -> Event:
    """What is told of an order at this stage, as bench/straight.py tells it to Silkway."""
    shipment_id, supplier_id = f"SH-{order_id}", f"S{number // orders_a_supplier:06}"
    lines = '[{"line_id": "1", "quantity": 10}, {"line_id": "2", "quantity": 10}]'
    of_order: Event = {"order_id": order_id, "event_id": f"{order_id}/{stage}"}
    of_shipment = of_order | {"shipment_id": shipment_id}
    return (
        of_order
        | {"kind": "DRAFTED", "buyer_id": f"BUY-{number % 97}", "supplier_id": supplier_id, "currency": "USD"}
        | {"total_minor": total_minor, "lines": lines},
        of_order | {"kind": "CONFIRMED", "party": "BUYER"},
        of_order | {"kind": "CONFIRMED", "party": "SUPPLIER"},
        of_order | {"kind": "PAID", "bank_reference": f"BANK-{order_id}", "amount_minor": total_minor},
        of_shipment | {"kind": "BOOKED"},
        of_shipment | {"kind": "SHIPPED"},
        *(of_shipment | {"kind": "TRACKED", "milestone": m} for m in ("DEPARTED", "ARRIVED", "AVAILABLE")),
        of_shipment | {"kind": "DELIVERED"},
        of_order | {"kind": "RECEIVED"},
        of_order | {"kind": LAST, "payout_reference": f"OUT-{order_id}", "amount_minor": total_minor},
    )[stage]
