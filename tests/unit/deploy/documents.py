"""The documents of this repository, and what they tell people to type."""

from __future__ import annotations

import re
import shlex
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[3]
DOCUMENTS: Final = [
    ROOT / "README.md",
    *sorted(file for folder in ("docs", "deploy", "bench", "libs") for file in (ROOT / folder).rglob("*.md")),
]
_CODE: Final = re.compile(r"^```\w*\n(.*?)^```|(?<!`)`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_PUNCTUATION: Final = "();<>|&"


def commands(*program: str) -> Iterator[tuple[str, list[str]]]:
    """What follows `program` where a command begins with it, word by word, and where that was found."""
    for document in DOCUMENTS:
        for block, span in _CODE.findall(document.read_text()):
            for line in (block or span).replace("\\\n", " ").splitlines():
                for words in _simple_commands(line):
                    if tuple(words[: len(program)]) == program:
                        yield f"{document.relative_to(ROOT)}: {line}", words[len(program) :]


def _simple_commands(line: str) -> Iterator[list[str]]:
    """The commands of a shell's line, without what leads to them; none where it is no shell's."""
    lexer = shlex.shlex(re.sub(r"\s#.*", "", line), posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:  # a quotation mark alone
        return
    for is_punctuation, simple in groupby(words, lambda word: not word.strip(_PUNCTUATION)):
        if not is_punctuation:
            command = list(simple)
            yield command[1:] if command[0] == "do" else command
