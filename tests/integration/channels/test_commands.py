"""`silkway subscriptions` and `silkway deliveries` against a service that runs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner, Result

from silkway.cli.main import application
from tests.integration.channels.receiver import Receiver, receiving
from tests.integration.channels.world import MILESTONE, TENANT, World, milestone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    import pytest

    NewWorld = Callable[..., AbstractAsyncContextManager[World]]


async def test_subscriptions_are_kept_and_deliveries_seen_from_the_shell(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with new_world() as world, receiving(Receiver()) as receiver:
        monkeypatch.setenv("NOTIFY_HTTP_ADDRESS", f"127.0.0.1:{world.port}")

        async def silkway(*words: str) -> Result:
            app = application(["subscriptions", "deliveries"])
            return await asyncio.to_thread(CliRunner().invoke, app, [*words, "--tenant", TENANT])

        added = await silkway("subscriptions", "add", "shop", receiver.url, "--event", MILESTONE)
        assert added.exit_code == 0, added.output
        secret = added.output.split()[-1]
        receiver.secret = secret
        await world.tell([milestone("PO-1", 0)])
        await world.delivered(1)
        assert receiver.problems == []

        rotated = await silkway("subscriptions", "rotate", "shop")
        assert rotated.output.split()[-1] not in (secret, "None")
        paused = await silkway("subscriptions", "pause", "shop", "--reason", "moving house")
        assert paused.exit_code == 0, paused.output
        listed = await silkway("subscriptions", "list", "--json")
        assert listed.exit_code == 1
        assert [one["pause_reason"] for one in json.loads(listed.output)] == ["moving house"]
        assert (await silkway("subscriptions", "resume", "shop")).exit_code == 0

        replayed = await silkway("subscriptions", "replay", "shop", "2026-01-01T00:00:00Z")
        assert replayed.exit_code == 0, replayed.output
        await world.until(_calls(receiver, 2), "it came again")
        (found,) = json.loads((await silkway("deliveries", "list", "--order", "PO-1", "--json")).output)
        assert found["delivery_id"] == receiver.calls[1].webhook_id == receiver.calls[0].webhook_id

        unknown = await silkway("subscriptions", "pause", "nobody")
        assert (unknown.exit_code, "no subscription nobody" in unknown.output) == (1, True)
        wrong = await silkway("subscriptions", "add", "shop", "http://")
        assert (wrong.exit_code, "address" in wrong.output) == (1, True)


def _calls(receiver: Receiver, count: int) -> Callable[[], Awaitable[bool]]:
    async def are() -> bool:
        return len(receiver.calls) >= count

    return are
