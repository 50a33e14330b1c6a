"""Whoever follows `next` sees every row once, in order; a cursor that was tampered with is refused."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from silkway.contracts.fields import EPOCH, DerivedId, Id
from silkway.messaging.http import Page, PageQuery, Pages, Problem
from silkway.messaging.listing import listing


class Row(BaseModel):
    known_at: dt.datetime
    notice_id: str


ROWS = Pages(Row, known_at=dt.datetime, notice_id=DerivedId)

moments = st.integers(0, 10**15).map(lambda us: EPOCH + dt.timedelta(microseconds=us))
keys = st.tuples(moments, st.text("abc|/#1", min_size=1, max_size=5))


def read(table: list[dict[str, Any]], query: PageQuery) -> Page[Row]:
    """Answers as a database would."""
    after = ROWS.after(query)
    following = [row for row in table if after is None or tuple(row.values()) > after]
    return ROWS.page(following[: query.limit + 1], query)


@given(keys=st.sets(keys, max_size=30), limit=st.integers(1, 10))
def test_the_pages_together_are_the_list(keys: set[tuple[dt.datetime, str]], limit: int) -> None:
    table = [{"known_at": known_at, "notice_id": notice_id} for known_at, notice_id in sorted(keys)]
    seen: list[Row] = []
    query = PageQuery(limit=limit)
    while True:
        page = read(table, query)
        assert len(page.items) <= limit
        seen += page.items
        if page.next is None:
            break
        query = PageQuery(limit=limit, cursor=page.next)
    assert [row.model_dump() for row in seen] == table


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "ü",
        "a",
        "bm9uc2Vuc2U",
        cursor_of("x"),
        cursor_of([]),
        cursor_of(["2026-01-01T00:00:00Z"]),
        cursor_of(["2026-01-01T00:00:00Z", "a", "b"]),
        cursor_of(["now", "a"]),
        cursor_of(["2026-01-01T00:00:00Z", 7]),
        cursor_of(["2026-01-01T00:00:00Z", "\x00"]),
        cursor_of({"known_at": "2026-01-01T00:00:00Z"}),
        cursor_of([[[]]]),
    ],
)
def test_a_cursor_that_no_list_has_given_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        ROWS.after(PageQuery(cursor=cursor))
    assert refused.value.status == 400
    assert refused.value.errors[0].field == "cursor"


@given(cursor=st.text(max_size=100))
def test_no_cursor_whatever_is_our_fault(cursor: str) -> None:
    try:
        status, key = 200, ROWS.after(PageQuery(cursor=cursor))
    except Problem as problem:
        status, key = problem.status, None
    assert status == 400 or (key is not None and [type(part) for part in key] == [dt.datetime, str])


def test_the_cursor_of_one_list_is_not_that_of_another() -> None:
    ids = Pages(Row, notice_id=Id)
    with pytest.raises(Problem):
        ids.after(PageQuery(cursor=cursor_of(["2026-01-01T00:00:00Z", "a"])))


def test_the_sql_of_a_list_names_only_the_filters_given() -> None:
    where = {"tenant": "acme", "buyer_id": None, "supplier_id": "S-1"}
    sql, parameters = listing("SELECT x FROM t", where, ["at", "id"], (1, 2), 50, newest_first=True)
    assert sql == (
        "SELECT x FROM t WHERE tenant = $1 AND supplier_id = $2 AND (at, id) < ($3, $4)"
        " ORDER BY at DESC, id DESC LIMIT $5"
    )
    assert parameters == ["acme", "S-1", 1, 2, 50]
