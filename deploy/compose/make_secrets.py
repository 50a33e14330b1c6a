"""Makes the passwords of docker-compose.yml: a file each, what is missing. Needs nothing but Python.

`make secrets` makes what is missing; `make secrets AGAIN="kafka_order"` makes these anew, in the same files, which
running containers see at once (docs/runbooks/operations.md says what else to do). A new key of personal data stands
before the old ones, without which what they have encrypted is lost. SECRETS: the folder.

The folder is open to its owner alone. The files in it are not, for each is mounted, one by one, into containers whose
processes are other users than the one who ran this.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

SERVICES = ("order", "logistics", "credit", "notify", "auditor")
NAMES = (
    "database_postgres",
    *(f"database_{name}_{role}" for name in (*SERVICES, "personal") for role in ("migrator", "runtime")),
    "database_clock",
    "database_operator",
    *(f"kafka_{user}" for user in ("admin", *SERVICES, "clock", "cli", "platform")),
    "cli_api_key",
    "auditor_api_key",
    "personal_key",
)
JAAS = "kafka_jaas"
"""What Kafka itself reads: the administrator's password, of which its own listeners know."""
_JAAS = """\
// Made of kafka_admin. Brokers and controllers know each other, and the administrator, by it; all others come by SCRAM.
internal.KafkaServer {{
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username="admin" password="{admin}" user_admin="{admin}";
}};
controller.KafkaServer {{
    org.apache.kafka.common.security.plain.PlainLoginModule required
    username="admin" password="{admin}" user_admin="{admin}";
}};
KafkaServer {{
    org.apache.kafka.common.security.scram.ScramLoginModule required;
}};
"""


def main(folder: Path, again: list[str]) -> None:
    """Make what is missing of `folder`, and `again` anew."""
    if unknown := set(again) - set(NAMES):
        raise SystemExit(f"{', '.join(sorted(unknown))}: the secrets are {', '.join(NAMES)}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = [name for name in NAMES if name in again or not _there(folder / name)]
    for name in made:
        _write(folder / name, _new(name, folder / name))
    _write(folder / JAAS, _JAAS.format(admin=(folder / "kafka_admin").read_text()))
    print(f"{folder}: {len(made)} secrets made, {len(NAMES) - len(made)} were there")


def _new(name: str, before: Path) -> str:
    """Letters and digits; what keys of the APIs (docs/access.md) and of personal data look like, is theirs to say."""
    if name.endswith("_api_key"):
        return f"silkway_{secrets.token_hex(6)}_{secrets.token_hex(32)}"
    if name == "personal_key":
        old = before.read_text().split() if before.exists() else []
        return "\n".join([base64.b64encode(secrets.token_bytes(32)).decode(), *old])
    return secrets.token_hex(24)


def _there(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _write(file: Path, text: str) -> None:
    """Over what is there, and in one step: a container has mounted this very file."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.fchmod(descriptor, 0o644)
        os.pwrite(descriptor, text.encode(), 0)
        os.ftruncate(descriptor, len(text))
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main(Path(os.environ.get("SECRETS") or "secrets"), sys.argv[1:])
