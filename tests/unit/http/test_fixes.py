"""A fix of a parked record goes onto the log as it is given: with personal data in the clear it is not taken."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import httpx

from silkway.contracts import SubscriptionRegistered, sealed
from silkway.messaging.http import create_api
from silkway.notify.api import API
from tests.unit.http.counter import TENANT, NothingYet, assert_problem

if TYPE_CHECKING:
    from silkway.contracts import KafkaMessage

PLACE: Final = "trade.notices/0/7"
ADDRESS: Final = "zhao.meiling@example.com"


class OneParked(NothingYet):
    """A database in which one registration is parked."""

    async def fetchrow(self, *_: Any) -> Any:
        return {"place": PLACE, "tenant": "acme", "type": SubscriptionRegistered.type, "key": "acme/hers"}


class Redrives:
    """Takes commands, and keeps them."""

    def __init__(self) -> None:
        self.sent: list[bytes | None] = []

    async def send(self, topic: str, message: KafkaMessage) -> tuple[str, int, int]:
        self.sent.append(message.value)
        return topic, 0, len(self.sent)


async def redriven(redrives: Redrives, fix: dict[str, Any], *, is_sealing: bool = True) -> httpx.Response:
    """The answer to a redrive with this fix, whatever its preview would say."""
    app = create_api(API)
    app.state.pool, app.state.publisher = OneParked(), redrives
    app.state.vault = object() if is_sealing else None
    asked = {"by": "ops/lin", "places": [PLACE], "fix": fix, "anyway": True}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://silkway") as client:
        return await client.post("/parked/redrive", json=asked, headers=TENANT)


async def test_words_in_the_clear_do_not_go_onto_the_log_whatever_becomes_of_the_fix() -> None:
    redrives = Redrives()
    for address in (ADDRESS, [ADDRESS], f"{sealed(uuid.UUID(int=1))} {ADDRESS}"):
        answer = await redriven(redrives, {"subscription_id": "hers", "address": address})
        assert_problem(answer, 422, "invalid-content", ["fix.address"])
    assert redrives.sent == []

    # Seals do, and so do words where nothing is sealed
    right = {"subscription_id": "hers", "address": sealed(uuid.UUID(int=1))}
    assert (await redriven(redrives, right)).status_code == 202
    assert (await redriven(redrives, {"address": ADDRESS}, is_sealing=False)).status_code == 202
    assert len(redrives.sent) == 2
