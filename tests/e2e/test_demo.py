"""The built-in trade on the whole system, as its command plays and verifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.system import System

ORDERS = 120


async def test_what_must_come_of_the_trade_comes_of_it(system: System) -> None:
    # When the trade is played with all its stories
    played = await system.cli(
        *("demo", "--orders", str(ORDERS), "--seed", "11", "--speed", "1000", "--verify", "--json"),
        within_s=300,
    )

    # Then every order has come to its end, as its driver expects, and every compensation has taken place
    assert played.code == 0, played.stdout[-5000:] + played.stderr[-3000:]
    result = played.json()
    assert result["ended"] == ORDERS
    assert result["verified"]["differences"] == []
    found = {row["row"]: row["found"] for row in result["verified"]["compensations"]}
    assert found == {row["row"]: row["expected"] for row in result["verified"]["compensations"]}

    # When it is asked for again, then nothing is played, and the answer is the same
    again = await system.cli(
        "demo", "--orders", str(ORDERS), "--seed", "11", "--if-new", "--verify", "--json"
    )
    assert again.code == 0, again.stdout[-5000:] + again.stderr[-3000:]
    assert again.json()["verified"] == result["verified"]
