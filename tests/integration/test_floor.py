"""The floor of the benchmark's delays: bare relays, which have to be there and to pass on what comes."""

import asyncio
from pathlib import Path

from bench.floor import Floor
from bench.hops import STAGE_OF
from bench.straight import STAGES


async def test_every_notice_of_an_order_comes_over_the_relays(kafka_bootstrap: str, tmp_path: Path) -> None:
    expected = {("F-0000007", stage) for stage in STAGE_OF.values()}
    async with Floor(kafka_bootstrap, tmp_path) as floor:
        await floor.publish("F", [(7, stage) for stage in range(STAGES)])
        for _ in range(600):
            if len(floor.heard) == len(expected):
                break
            await asyncio.sleep(0.05)
    assert floor.heard.keys() == expected
