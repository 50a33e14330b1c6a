"""Write the schemas and the AsyncAPI document into libs/contracts, or check those that are there.

`python -m silkway.contracts.generate` writes, `--check` compares instead and exits 1 on drift or on a break of
the last release, `--release VERSION` keeps a snapshot of the schemas as that release.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Final

from silkway.contracts.compatibility import breaks
from silkway.contracts.schemas import Document, asyncapi, event_schemas

HOME: Final = Path(__file__).parents[3]
"""libs/contracts, as long as the package runs from its source."""

_SCALARS: Final = re.compile(r'\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]')


def rendered(document: Document) -> str:
    """A document as JSON text, lists of words on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _SCALARS.sub(lambda found: "[" + re.sub(r"\n\s+", " ", found[1]) + "]", text) + "\n"


def documents() -> dict[str, str]:
    """Path below libs/contracts -> text of all generated documents."""
    schemas = {f"schemas/{name}.json": rendered(schema) for name, schema in event_schemas().items()}
    return {**schemas, "asyncapi.json": rendered(asyncapi())}


def drift(home: Path) -> list[str]:
    """What differs between the documents in a folder and the code, one line each."""
    wanted = documents()
    present = {f"schemas/{path.name}" for path in (home / "schemas").glob("*.json")} | {"asyncapi.json"}
    changed = [
        f"{path}: not as generated"
        for path, text in wanted.items()
        if not (home / path).exists() or (home / path).read_text() != text
    ]
    return changed + [f"{path}: of no event" for path in sorted(present - set(wanted))]


def last_release(home: Path) -> dict[str, Document]:
    """CloudEvents type -> schema of the snapshot with the greatest version."""
    releases = sorted((home / "released").iterdir(), key=lambda path: [int(n) for n in path.name.split(".")])
    return {path.stem: json.loads(path.read_text()) for path in releases[-1].glob("*.json")}


def write(home: Path) -> None:
    """Write all documents and delete schemas of events that are gone."""
    (home / "schemas").mkdir(exist_ok=True)
    for stale in (home / "schemas").glob("*.json"):
        stale.unlink()
    for path, text in documents().items():
        (home / path).write_text(text)


def release(home: Path, version: str) -> None:
    """Keep today's schemas as a release; a release once kept is never changed."""
    folder = home / "released" / version
    folder.mkdir(parents=True)
    for name, schema in event_schemas().items():
        (folder / f"{name}.json").write_text(rendered(schema))


def main() -> int:
    """Exit status: 0, or 1 if a check found something."""
    parser = argparse.ArgumentParser(prog="silkway.contracts.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing; exit 1 on a finding"
    )
    parser.add_argument("--release", metavar="VERSION", help="keep a snapshot as this release, e.g. 1.1")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of the documents (libs/contracts)")
    given = parser.parse_args()
    if given.check:
        findings = drift(given.home) + breaks(last_release(given.home), event_schemas())
        print("\n".join(findings) or "The documents are as generated and break nothing of the last release.")
        return 1 if findings else 0
    write(given.home)
    if given.release:
        release(given.home, given.release)
    return 0


if __name__ == "__main__":
    sys.exit(main())
