"""What credit hears about suppliers and orders, with plain defaults."""

import datetime as dt

from silkway.contracts import HoldRequested, OrderCompleted, OrderDelivered, SupplierRegistered
from tests.unit.desk import START, day


def registered(
    supplier_id: str = "S1", at: dt.datetime = START, name: str = "Mills Ltd"
) -> SupplierRegistered:
    return SupplierRegistered(
        supplier_id=supplier_id, name=name, country="CN", time_zone="Asia/Shanghai", registered_at=at
    )


def asked(order_id: str, amount_minor: int, currency: str = "USD", supplier_id: str = "S1") -> HoldRequested:
    return HoldRequested(
        order_id=order_id, supplier_id=supplier_id, currency=currency, amount_minor=amount_minor,
        coverage="AFTER_DELIVERY",
    )  # fmt: skip


def delivered(order_id: str, whole: bool = True) -> OrderDelivered:
    return OrderDelivered(
        order_id=order_id, supplier_id="S1", state="DELIVERED" if whole else "PART_DELIVERED",
        delivered_at=day(20) if whole else None, lines_late=0,
    )  # fmt: skip


def completed(
    order_id: str, total_minor: int, lines: int = 1, late: int = 0, currency: str = "USD"
) -> OrderCompleted:
    return OrderCompleted(
        order_id=order_id, supplier_id="S1", currency=currency, total_minor=total_minor, lines=lines,
        lines_late=late, completed_at=day(25),
    )  # fmt: skip
