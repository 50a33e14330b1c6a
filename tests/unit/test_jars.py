"""Kafka's jars: what cannot be had is said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from silkway.embedded import jars

if TYPE_CHECKING:
    from pathlib import Path


def test_a_jar_that_cannot_be_had_ends_it_and_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def resolve(self) -> Path:
            raise OSError("no way to the repository")

    class Maven:
        def project(self, *_: Any) -> Maven:
            return self

        at_version = project

        def artifact(self, *_: Any) -> Unreachable:
            return Unreachable()

    told: list[int] = []
    monkeypatch.setattr(jars, "_maven", Maven)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(RuntimeError, match=r"no way to the repository\. .*~/\.config/jgo\.conf"):
        jars.class_path(lambda *progress: told.append(progress[1]))
    assert told == []
