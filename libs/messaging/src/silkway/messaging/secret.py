"""Secrets come as files: the text is read when it is used, so that it can be replaced, and it is never shown."""

from __future__ import annotations

from pathlib import Path


def read_secret(file: str, variable: str) -> str:
    """The text of `file`, which the environment's `variable` names. Raises SystemExit with what is wrong."""
    try:
        text = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SystemExit(f"{variable}: {file} cannot be read ({reason}); `make secrets` makes it") from None
    if not text:
        raise SystemExit(f"{variable}: {file} is empty; remove it, and `make secrets` makes it anew")
    return text
