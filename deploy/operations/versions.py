"""Another version comes while all work, with other tables, and goes back by one."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.operations.engine import SERVICES, Engine, Failed

if TYPE_CHECKING:
    from deploy.operations.drills import Notes

SOON_S: Final = 10.0
_EXPAND: Final = "20991231000000_drill_expand.sql", "ALTER TABLE orders ADD COLUMN drill_note text;"
_CONTRACT: Final = "20991231000001_drill_contract.sql", "ALTER TABLE orders DROP COLUMN drill_note;"


def upgrade(engine: Engine) -> Notes:
    """A version with one more column comes and goes back by one; then the column goes. The code of all is the same."""
    old = engine.variables.get("SILKWAY_IMAGE", "silkway")
    new, later = (f"{engine.project}:{version}" for version in ("new", "later"))
    build(engine, old, new, *_EXPAND)
    build(engine, new, later, *_CONTRACT)
    try:
        _migrate(engine, new, "order: 1 applied")
        time.sleep(SOON_S)  # the old version on the new tables
        _replace(engine, new)
    finally:
        _replace(engine, old)
    _migrate(engine, old, "order: up to date")
    _migrate(engine, later, "order: 1 applied")
    time.sleep(SOON_S)
    engine.all_well()
    engine.run(["docker", "image", "rm", "--force", new, later])
    return ["a column more, four services new, one after the other, and back; the column gone"]


def _migrate(engine: Engine, image: str, expected: str) -> None:
    if expected not in (said := engine.compose("run --rm -T --no-deps migrate", SILKWAY_IMAGE=image)):
        raise Failed(f"not {expected!r}, but {said}")
    engine.compose("run --rm -T --no-deps grants", SILKWAY_IMAGE=image)


def _replace(engine: Engine, image: str) -> None:
    """One service after the other, where it is not of this image."""
    for service in SERVICES:
        engine.compose(f"up -d --wait --no-deps {service}", SILKWAY_IMAGE=image)


def build(engine: Engine, base: str, image: str, file: str, statement: str) -> None:
    """`image` is `base` with one more migration of order."""
    where = "import importlib.resources as r; print(r.files('silkway.order') / 'migrations')"
    folder = engine.run(["docker", "run", "--rm", base, "python", "-c", where]).decode().strip()
    with tempfile.TemporaryDirectory() as context:
        Path(context, file).write_text(
            f"-- migrate:up\nSET lock_timeout = '5s';\n{statement}\n-- migrate:down\n"
        )
        Path(context, file).chmod(0o644)
        Path(context, "Dockerfile").write_text(f"FROM {base}\nCOPY {file} {folder}/{file}\n")
        engine.run(["docker", "build", "--quiet", "--tag", image, context])
