"""Lists in pages: keyset cursors, so that a page costs the same however deep it is and nothing is shown twice."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from silkway.messaging.http.problems import bad_request

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K")

MAX_LIMIT: Final = 200
_MAX_CURSOR_CHARS: Final = 1000


class PageQuery(BaseModel):
    """Parameters of every list. A parameter that the list does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items per page, 1 to 200.")
    cursor: str | None = Field(
        default=None, max_length=_MAX_CURSOR_CHARS, description="`next` of the page before."
    )


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None
    """Cursor of the next page; null on the last one."""


class Cursor(Generic[K]):
    """Writes and reads the place after an item: the columns by which a list is ordered, as a tuple of type `key`."""

    def __init__(self, key: type[K]) -> None:
        self._adapter: TypeAdapter[K] = TypeAdapter(key)

    def write(self, key: K) -> str:
        return base64.urlsafe_b64encode(self._adapter.dump_json(key)).decode().rstrip("=")

    def read(self, cursor: str | None) -> K | None:
        """The key in a cursor; Problem 400 for a cursor that no list of this kind has given."""
        if cursor is None:
            return None
        try:
            padded = cursor.encode() + b"=" * (-len(cursor) % 4)
            return self._adapter.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValidationError, binascii.Error, UnicodeError):
            remedy = "Send `next` of the page before, unchanged and with the same filters, or leave it out."
            raise bad_request("cursor", "it is no cursor of this list", remedy) from None


def page(
    rows: Sequence[R], limit: int, item: Callable[[R], T], cursor: Cursor[Any], key: Callable[[R], Any]
) -> Page[T]:
    """The page of `rows`, read with a limit one above `limit` to see whether there are more."""
    shown = rows[:limit]
    return Page(
        items=[item(row) for row in shown], next=cursor.write(key(shown[-1])) if len(rows) > limit else None
    )
