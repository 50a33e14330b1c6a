"""A migration is known by its version: of two with one version the second would never be applied."""

from collections import Counter
from importlib.resources import files

import pytest

from silkway.cli.addresses import PROCESSES


@pytest.mark.parametrize("service", PROCESSES)
def test_every_migration_has_a_version_of_its_own(service: str) -> None:
    found = [
        entry.name
        for package in ("silkway.messaging", f"silkway.{service}")
        for entry in (files(package) / "migrations").iterdir()
        if entry.name.endswith(".sql")
    ]
    versions = Counter(name.partition("_")[0] for name in found)
    assert [version for version, count in versions.items() if count > 1] == []


def test_the_auditor_keeps_keys_as_the_services_do() -> None:
    (ours,), (its,) = (
        [
            entry.read_text()
            for entry in (files(package) / "migrations").iterdir()
            if entry.name.endswith("_api_keys.sql")
        ]
        for package in ("silkway.messaging", "silkway.auditor")
    )
    assert ours == its
