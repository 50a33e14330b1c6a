"""Lists in pages: keyset cursors, so that a page costs the same however deep it is and nothing is shown twice."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from silkway.messaging.http.problems import bad_request

if TYPE_CHECKING:
    from asyncpg import Record

V = TypeVar("V", bound=BaseModel)

MAX_LIMIT: Final = 200
_MAX_CURSOR_CHARS: Final = 1000


class PageQuery(BaseModel):
    """Parameters of every list. A parameter that the list does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items per page, 1 to 200.")
    cursor: str | None = Field(
        default=None, max_length=_MAX_CURSOR_CHARS, description="`next` of the page before."
    )


class Page(BaseModel, Generic[V]):
    """A page of a list."""

    items: list[V]
    next: str | None
    """Cursor of the next page; null on the last one."""


class Pages(Generic[V]):
    """The pages of a list of `view`; `key` names the columns by which it is ordered, together unique, with types."""

    def __init__(self, view: type[V], **key: Any) -> None:
        self._view, self._columns = view, tuple(key)
        shape: Any = GenericAlias(tuple, tuple(key.values()))
        self._key: TypeAdapter[tuple[Any, ...]] = TypeAdapter(shape)

    def after(self, query: PageQuery) -> tuple[Any, ...] | None:
        """The key of the last row of the page before; Problem 400 for a cursor that no such list has given."""
        if query.cursor is None:
            return None
        try:
            padded = query.cursor.encode() + b"=" * (-len(query.cursor) % 4)
            return self._key.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValidationError, binascii.Error, UnicodeError):
            remedy = "Send `next` of the page before, unchanged, or leave it out."
            raise bad_request("cursor", "it is no cursor of this list", remedy) from None

    def page(self, rows: Sequence[Record] | Sequence[dict[str, Any]], query: PageQuery) -> Page[V]:
        """The page of `rows`, which were read with one more than `query.limit` to see whether there are more."""
        shown = rows[: query.limit]
        following = None
        if len(rows) > query.limit:
            key = tuple(shown[-1][column] for column in self._columns)
            following = base64.urlsafe_b64encode(self._key.dump_json(key)).decode().rstrip("=")
        return Page(items=[self._view.model_validate(dict(row)) for row in shown], next=following)
