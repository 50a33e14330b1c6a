"""The live feed."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Request

from silkway.messaging.http import TenantId
from silkway.messaging.http.feed import Feed, FeedResponse, Item, Position
from silkway.messaging.http.gate import while_admitted
from silkway.notify import store
from silkway.notify.api.languages import Reader, ReaderOf
from silkway.notify.api.routing import API


def feed_of(request: Request) -> Feed:
    """The one feed of this instance, made when the first listener comes."""
    state = request.app.state
    if not hasattr(state, "feed"):
        state.feed = Feed(state.pool, store.feed_horizon, store.feed_items)
    feed: Feed = state.feed
    return feed


@API.router.get(
    "/feed",
    summary="Listen to orders, notices and incidents as they change",
    status_code=200,
    response_class=FeedResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def listen(
    request: Request,
    tenant: TenantId,
    feed: Annotated[Feed, Depends(feed_of)],
    reader: ReaderOf,
    last_event_id: Annotated[
        str | None, Header(description="Id of the last event seen: what was missed since comes first.")
    ] = None,
) -> FeedResponse:
    """Server-sent events `order` (a timeline entry, with its order_id), `notice` (in the reader's language) and
    `incident` (as it is now), from now on or since `Last-Event-ID`, with a heartbeat every 15 s. A listener 1,000
    events behind is cut off and may resume."""
    after = None if last_event_id is None else Position.parse(last_event_id)
    items = feed.follow(await feed.join(tenant), after)
    return FeedResponse(_told(while_admitted(request, items), reader))


async def _told(items: AsyncIterator[Item], reader: Reader) -> AsyncIterator[Item]:
    """The items with notices in the reader's language."""
    async for item in items:
        if item.event == "notice":
            item = item._replace(data=json.dumps(reader.notice(json.loads(item.data)), ensure_ascii=False))
        yield item
