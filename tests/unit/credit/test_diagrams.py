"""The state diagrams of docs/domain/credit.md are those of the code."""

from pathlib import Path

import pytest

from silkway.credit.domain.moves import CLAIM_MOVES, COVER_MOVES

DOCS = Path(__file__).parents[3] / "docs" / "domain" / "credit.md"


def diagram(moves: dict[tuple[str, str], str]) -> str:
    """A state diagram as the page has it."""
    lines = [f"    {before or '[*]'} --> {after}: {cause}" for (before, after), cause in moves.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


@pytest.mark.parametrize("moves", [CLAIM_MOVES, COVER_MOVES], ids=["claims", "cover"])
def test_the_page_shows_what_the_code_does(moves: dict[tuple[str, str], str]) -> None:
    assert diagram(moves) in DOCS.read_text(), f"put this into {DOCS.name}:\n{diagram(moves)}"
