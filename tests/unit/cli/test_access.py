"""The tables of rights: what the services declare is all that they may do, and every principal has its password."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Final

from silkway.cli.access import tables, topics
from silkway.cli.access.roles import verifier
from silkway.cli.access.topics import Right
from silkway.contracts import TOPICS

ROOT: Final = Path(__file__).resolve().parents[3]
SCRIPT: Final = ROOT / "deploy/compose/make_secrets.py"


def topics_of(principal: str, operation: str) -> set[str]:
    return {
        right.name
        for right in topics.rights()
        if right[:2] == (principal, "TOPIC") and right.operation == operation
    }


def test_a_service_reads_what_it_declares_and_writes_what_it_says() -> None:
    assert topics_of("order", "READ") == {
        "trade.orders", "trade.payments", "logistics.events", "credit.events", "order.redrive", "order.journal",
    }  # fmt: skip
    assert topics_of("order", "WRITE") == {
        "order.events", "order.journal", "order.redrive",
        "trade.orders", "trade.payments",  # what its API publishes
        "trade.orders.parked", "trade.payments.parked", "logistics.events.parked", "credit.events.parked",
    }  # fmt: skip


def test_nobody_writes_what_a_service_decides_but_the_service() -> None:
    for service in ("order", "logistics", "credit", "notify"):
        for topic in (f"{service}.events", f"{service}.journal"):
            assert {r.principal for r in topics.rights() if r.name == topic and r.operation == "WRITE"} == {
                service
            }


def test_platforms_and_the_clock_write_facts_and_read_nothing() -> None:
    facts = {name for name in TOPICS if name.startswith("trade.") and not name.endswith(".parked")}
    for principal in ("platform", "clock"):
        assert topics_of(principal, "WRITE") == facts
        assert {right.operation for right in topics.rights() if right.principal == principal} == {"WRITE"}


def test_names_get_the_system_s_prefix() -> None:
    assert Right("order", "TOPIC", "here.order.events", "WRITE") in topics.rights("here.")
    assert Right("order", "GROUP", "here.order", "READ") in topics.rights("here.")


def test_what_moved_money_can_only_be_added_to() -> None:
    ledgers = {
        "order": ("journal", "payout_approvals", "inspections"),
        "credit": ("journal", "holds", "hold_resolutions", "limit_reasons", "claim_steps", "rates"),
        "notify": ("journal", "timeline", "notices", "messages", "attempts"),
    }
    for service, names in ledgers.items():
        granted = tables.rights_of(service)[tables.runtime(service)]
        assert {granted[name] for name in names} == {tables.LEDGER}
    assert all(
        grant.change or not grant.remove for grant in granted.values() if grant is not tables.ENGINE["outbox"]
    )


def test_operators_read_and_change_only_places_in_the_log() -> None:
    granted = tables.rights_of("order")[tables.OPERATOR]
    assert {name for name, grant in granted.items() if grant.add} == {"offset_resets"}
    assert {name for name, grant in granted.items() if grant.change} == {
        "offsets", "refused", "inbox", "parked_attempts",
    }  # fmt: skip
    assert not any(grant.remove for grant in granted.values())
    assert "signing_key" not in tables.rights_of("notify")[tables.OPERATOR]


def test_postgresql_is_told_what_it_would_make_of_a_password() -> None:
    # Source: RFC 7677, section 3: user "user", password "pencil"
    assert verifier("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


# --- make secrets ----------------------------------------------------------------------------------------


def make(folder: Path, *again: str) -> dict[str, str]:
    """The secrets after `make secrets`, by name."""
    environment = {**os.environ, "SECRETS": str(folder)}
    subprocess.run([sys.executable, SCRIPT, *again], env=environment, check=True, capture_output=True)
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_everybody_has_a_password_of_its_own(tmp_path: Path) -> None:
    made = make(tmp_path / "secrets")
    needed = {f"kafka_{name}" for name in (topics.ADMIN, *topics.PRINCIPALS)}
    needed |= {f"database_{name}" for name in ("postgres", *tables.roles())}
    assert needed <= made.keys()
    assert len({made[name] for name in needed}) == len(needed)
    assert all(len(made[name]) >= 40 for name in needed)
    assert len(b64decode(made["personal_key"], validate=True)) == 32


def test_only_their_owner_comes_to_them_on_this_machine_and_containers_may_read_what_is_mounted(
    tmp_path: Path,
) -> None:
    make(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()} == {0o644}


def test_what_is_there_stays_and_what_is_named_is_made_anew_in_its_place(tmp_path: Path) -> None:
    # Given secrets, one of which is mounted somewhere
    folder = tmp_path / "secrets"
    first = make(folder)
    mounted = (folder / "kafka_admin").stat().st_ino

    # When they are made once more, and that one anew
    assert make(folder) == first
    second = make(folder, "kafka_admin")

    # Then it alone has changed, with what is made of it, and it is the same file
    assert {name for name in first if first[name] != second[name]} == {"kafka_admin", "kafka_jaas"}
    assert second["kafka_admin"] in second["kafka_jaas"]
    assert (folder / "kafka_admin").stat().st_ino == mounted


def test_a_new_key_of_personal_data_stands_before_those_that_texts_are_encrypted_with(tmp_path: Path) -> None:
    first = make(tmp_path / "secrets")["personal_key"]
    second = make(tmp_path / "secrets", "personal_key")["personal_key"].split()
    assert [len(b64decode(key, validate=True)) for key in second] == [32, 32]
    assert second[1] == first != second[0]
    assert make(tmp_path / "secrets", "personal_key")["personal_key"].split()[1:] == second


def test_the_compose_file_names_the_secrets_that_are_made(tmp_path: Path) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    named = {
        line.split(":")[0].strip()
        for line in compose.partition("\nsecrets:\n")[2].splitlines()
        if "file:" in line
    }
    assert named == make(tmp_path / "secrets").keys()


def test_git_and_docker_leave_secrets_alone() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"  # nothing but what is named below
    assert "secrets" not in (ROOT / ".dockerignore").read_text()
