"""All that `make secrets` has made is made anew while all work, as docs/runbooks/operations.md says."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.operations.engine import PROCESSES, SERVICES, Engine, Failed, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROLES: Final = (
    *(f"{name}_{role}" for name in (*SERVICES, "auditor", "personal") for role in ("migrator", "runtime")),
    "clock",
    "operator",
)
CLIENTS: Final = (*PROCESSES, "cli", "platform")
"""Whom Kafka knows, but its administrator."""
SETTLE_S: Final = 5.0
_CUT: Final = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_PASSWORD: Final = "/run/secrets/database_postgres"
_TELL: Final = f"for _ in 1 2; do cat {_PASSWORD}; echo; done | psql --quiet --command '\\password'"
"""psql asks for it twice, and sends what PostgreSQL keeps of it: the password stands in no command and no log."""


def secrets(engine: Engine) -> list[str]:
    """All by which senders, services and operators are known, and the key of personal data, while all work."""
    auditors = engine.secret("auditor_api_key")
    api_keys(engine)
    make_anew(engine, [f"database_{role}" for role in ROLES])
    told = engine.compose("run --rm -T roles")
    if missing := [role for role in ROLES if f"role {role}" not in told]:
        raise Failed(f"PostgreSQL has not been told the new passwords of {', '.join(missing)}")
    engine.compose(f'exec -T postgres psql -qAt -c "{_CUT}"')
    engine.all_well()
    make_anew(engine, ["personal_key"])
    make_anew(engine, [f"kafka_{user}" for user in CLIENTS])
    engine.compose("run --rm -T topics")
    took = []
    for service in PROCESSES:
        began = time.monotonic()
        engine.compose(f"restart {service}")
        engine.compose(f"up -d --wait --no-deps --no-recreate {service}")
        took.append(f"{service} {time.monotonic() - began:.0f}")
    revoke(engine, auditors)  # it has taken up its new one with its restart
    engine.all_well()
    return [f"PostgreSQL's, personal data's: no restart; Kafka's, seconds of restart: {', '.join(took)}"]


def api_keys(engine: Engine) -> None:
    """The senders', the command's and the auditor's. The auditor works with its old one until it is restarted."""
    one, two = (_sender_key(engine, name) for name in ("one", "two"))
    for engine.own_key in (one, two):
        time.sleep(SETTLE_S)
    revoke(engine, one)
    old = engine.secret("cli_api_key")
    make_anew(engine, ["cli_api_key", "auditor_api_key"])
    engine.compose("run --rm -T migrate")
    revoke(engine, old)


def administrators(engine: Engine) -> list[str]:
    """The password of PostgreSQL's superuser, then that of Kafka's administrator, while all work."""
    with kept(engine, "database_postgres") as old:
        make_anew(engine, ["database_postgres"])
        engine.compose(f'exec -T postgres sh -c "{_TELL}"')
        engine.compose("run --rm -T roles")
        refused(engine, old, "POSTGRES_DATABASE_PASSWORD_FILE", "roles", "silkway access roles")
    with kept(engine, "kafka_admin") as old:
        make_anew(engine, ["kafka_admin"])
        brokers = [name for name in engine.compose("ps --services", shown=False).split() if "kafka" in name]
        began = time.monotonic()
        engine.compose(f"up -d --wait --no-deps --force-recreate {' '.join(sorted(brokers))}")
        took = time.monotonic() - began
        engine.compose("run --rm -T topics")
        refused(engine, old, "KAFKA_SASL_PASSWORD_FILE", "topics", "silkway access kafka")
    engine.all_well()
    return [f"PostgreSQL's: no restart; Kafka's: Kafka restarted in {took:.0f} s; the old ones open nothing"]


def make_anew(engine: Engine, names: Sequence[str]) -> None:
    again = f"AGAIN={' '.join(names)}"
    say(f'make secrets "{again}"')
    engine.run(["make", "--silent", "secrets", again])


@contextmanager
def kept(engine: Engine, name: str) -> Iterator[str]:
    """A file with the secret as it is now."""
    with tempfile.NamedTemporaryFile("w", prefix="silkway-old-") as file:
        file.write(engine.secret(name))
        file.flush()
        Path(file.name).chmod(0o644)  # it is mounted for another user
        yield file.name


def refused(engine: Engine, old: str, variable: str, job: str, command: str) -> None:
    """Raises Failed unless the job is told, with the password in the file `old`, that it is not let in."""
    asked = f"{command} 2>&1 | grep -qi 'authentication failed'"
    engine.compose(f'run --rm -T -v {old}:/old:ro -e {variable}=/old {job} sh -c "{asked}"')


def _sender_key(engine: Engine, name: str) -> str:
    words = f"keys create --tenant '*' --scope publish --name drill-{name}"
    return engine.compose(f"run --rm -T maintenance silkway {words}").strip()


def revoke(engine: Engine, key: str) -> None:
    """By its id: the key itself would stand in a command."""
    engine.compose(f"run --rm -T maintenance silkway keys revoke {key.split('_')[1]}")
