"""What the services should show of a subject, by its book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from silkway.auditor.domain.state import Book, Life


def expected(subject: str, book: Book) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """By service: its name, the path to ask, and what has to be shown there. Nothing of what is not sure."""
    kind, _, name = subject.partition("/")
    if book.unsure:
        return
    path = quote(name, safe="")
    if kind == "order" and book.life is not None and book.money is not None:
        money = book.money
        fields = {
            "life": _life(book.life),
            "total_minor": money.total,
            "received_minor": money.received,
            "escrow_minor": money.escrow,
            "paid_out_minor": money.paid_out,
            "refunded_minor": money.refunded,
        }
        yield "order", f"/orders/{path}", fields
        yield "notify", f"/orders/{path}", fields
    elif kind == "supplier" and book.limit is not None and not book.limit.spans:
        limit = book.limit
        yield "credit", f"/suppliers/{path}", {"limit_minor": limit.limit, "in_use_minor": limit.used}
        yield "notify", f"/suppliers/{path}", {"limit_minor": limit.limit}


def differences(fields: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """What is shown otherwise than it should be. in_use_minor: what is held and paid out and not recovered."""
    if not shown:
        return ["it knows nothing of it"]
    if "held_minor" in shown and "unrecovered_minor" in shown:
        shown = {**shown, "in_use_minor": shown["held_minor"] + shown["unrecovered_minor"]}
    return [
        f"{name} is shown as {shown.get(name)} and is {value} by the log"
        for name, value in fields.items()
        if shown.get(name) != value
    ]


def _life(life: Life) -> str:
    if life.cancelled:
        return "CANCELLED"
    if life.settled:
        return "SETTLED"
    if life.completed:
        return "COMPLETED"
    return "PLACED" if life.placed else "DRAFTED"
