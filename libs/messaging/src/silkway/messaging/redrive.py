"""Commands of operations about parked records, sent through the service's redrive topic."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from silkway.contracts.registry import MAX_DATA_BYTES

_Text = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00]*$")]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Redrive (try again) or discard a parked record; `place` is its "topic/partition/offset".

    `fix`: the data, as JSON, with which to try it again in place of its own.
    """

    action: Literal["redrive", "discard"]
    place: _Text
    by: _Text
    reason: _Text = ""
    fix: Annotated[str, msgspec.Meta(max_length=MAX_DATA_BYTES, pattern=r"^[^\x00]*$")] | None = None


class CommandError(ValueError):
    """The bytes are no command."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason, self.remedy = field, reason, remedy


_read = msgspec.json.Decoder(Command).decode


def read_command(value: bytes) -> Command:
    """The command of a record on a redrive topic. Raises CommandError."""
    try:
        return _read(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError("data", str(error), "send redrive or discard by the silkway command") from None


def write_command(command: Command) -> bytes:
    """The value of a record on a redrive topic."""
    return msgspec.json.encode(command)
