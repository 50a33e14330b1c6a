"""Whoever follows a link of a document comes to a file that is there, and to the heading that was meant."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tests.unit.deploy.documents import DOCUMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def prose(document: Path) -> str:
    return re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)


@cache
def headings(document: Path) -> set[str]:
    """Its headings as links name them."""
    found = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in found]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_every_link_leads_to_what_is_there() -> None:
    dead = []
    for document in DOCUMENTS:
        for link in re.findall(r"\]\((?!\w+://)([^)\s]+)\)", prose(document)):
            path, _, heading = link.partition("#")
            there = (document.parent / path).resolve() if path else document
            if not there.exists() or (heading and there.suffix == ".md" and heading not in headings(there)):
                dead.append(f"{document.relative_to(ROOT)}: {link}")
    assert dead == []
