"""The documents in libs/contracts are those of the code, and say everything."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import silkway.contracts as contracts
from silkway.contracts import EVENTS, TOPICS, ClockTicked, Event, TopicKind
from silkway.contracts.compatibility import breaks
from silkway.contracts.generate import drift, last_release, release, write
from silkway.contracts.schemas import CONTRACTS_VERSION, event_schemas

HOME = Path(__file__).parents[2] / "libs" / "contracts"
ASYNCAPI = json.loads((HOME / "asyncapi.json").read_text())


def test_no_drift() -> None:
    assert drift(HOME) == []


def test_nothing_of_the_last_release_is_broken() -> None:
    assert breaks(last_release(HOME), event_schemas()) == []


def test_drift_is_seen(tmp_path: Path) -> None:
    # Given the documents, one of them edited, one deleted, one left over
    write(tmp_path)
    assert drift(tmp_path) == []
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "schemas/silkway.order.drafted.v1.json").unlink()
    (tmp_path / "schemas/silkway.order.forgotten.v1.json").write_text("{}")

    # Then each is named
    assert drift(tmp_path) == [
        "schemas/silkway.order.drafted.v1.json: not as generated",
        "asyncapi.json: not as generated",
        "schemas/silkway.order.forgotten.v1.json: of no event",
    ]


def test_the_documents_bear_a_version_not_below_the_last_release() -> None:
    released = max([int(n) for n in folder.name.split(".")] for folder in (HOME / "released").iterdir())
    assert [int(n) for n in CONTRACTS_VERSION.split(".")] >= released


def test_the_last_release_is_the_greatest_version(tmp_path: Path) -> None:
    for version in ("1.0", "1.9", "1.10"):
        release(tmp_path, version)
    (tmp_path / "released/1.10/silkway.payout.due.v1.json").unlink()
    assert set(last_release(tmp_path)) == set(EVENTS) - {"silkway.payout.due.v1"}
    with pytest.raises(FileExistsError):  # what was released stays
        release(tmp_path, "1.0")


def test_the_check_is_a_command(tmp_path: Path) -> None:
    write(tmp_path)
    release(tmp_path, "1.0")
    command = [sys.executable, "-m", "silkway.contracts.generate", "--check", "--home", str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == 0
    (tmp_path / "asyncapi.json").unlink()
    failed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (failed.returncode, failed.stdout) == (1, "asyncapi.json: not as generated\n")


def test_every_event_is_listed() -> None:
    written = [event for event in _below(Event) if "type" in vars(event)]
    assert sorted(event.type for event in written) == sorted(EVENTS)


def _below(event: type[Event]) -> list[type[Event]]:
    """The classes that were made of one, and of those, in this package."""
    made = [model for model in event.__subclasses__() if model.__module__.startswith("silkway.contracts.")]
    return [*made, *(model for one in made for model in _below(one))]


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
class TestEveryEvent:
    def test_is_exported(self, event: type[Event]) -> None:
        assert getattr(contracts, event.__name__) is event

    def test_is_described_with_all_its_fields(self, event: type[Event]) -> None:
        schema = event_schemas()[event.type]
        parts = [schema, *schema.get("$defs", {}).values()]
        assert all(part["description"] for part in parts)
        assert [
            name for part in parts for name, field in part["properties"].items() if "description" not in field
        ] == []

    def test_is_about_one_of_its_fields(self, event: type[Event]) -> None:
        if event is ClockTicked:
            return
        assert event.topic in TOPICS
        assert event.model_fields[f"{event.subject_kind}_id"].is_required()

    def test_cannot_be_changed(self, event: type[Event]) -> None:
        assert event.model_config["frozen"] is True


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def target(reference: str) -> Any:
    node: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


class TestAsyncApi:
    """Structure by the AsyncAPI 3.0.0 specification."""

    def test_every_reference_leads_somewhere(self) -> None:
        assert all(target(reference) for reference in references(ASYNCAPI))

    def test_has_what_is_required(self) -> None:
        assert ASYNCAPI["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= set(ASYNCAPI["info"])

    def test_every_topic_is_a_channel_with_its_partitions(self) -> None:
        shared = (TopicKind.INGRESS, TopicKind.SERVICE, TopicKind.PARKED)
        shown = {name: topic for name, topic in TOPICS.items() if topic.kind in shared}
        assert set(ASYNCAPI["channels"]) == set(shown)
        for name, topic in shown.items():
            channel = ASYNCAPI["channels"][name]
            assert channel["address"] == name
            assert channel["bindings"]["kafka"]["partitions"] == topic.partitions

    def test_every_event_travels_on_its_channel(self) -> None:
        for event in EVENTS.values():
            channels = {
                name
                for name, channel in ASYNCAPI["channels"].items()
                if event.__name__ in channel["messages"]
            }
            everywhere = {name for name in ASYNCAPI["channels"] if TOPICS[name].kind is not TopicKind.PARKED}
            assert channels == ({event.topic} if event.topic else everywhere)
            assert ASYNCAPI["components"]["messages"][event.__name__]["name"] == event.type

    def test_we_receive_what_is_outside_and_send_what_is_ours(self) -> None:
        for operation in ASYNCAPI["operations"].values():
            topic = operation["channel"]["$ref"].removeprefix("#/channels/")
            outside = TOPICS[topic].kind is TopicKind.INGRESS
            assert operation["action"] == ("receive" if outside else "send")
            messages = {reference["$ref"].rpartition("/")[2] for reference in operation["messages"]}
            assert messages == set(ASYNCAPI["channels"][topic]["messages"])
