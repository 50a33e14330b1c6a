"""Whoever types what a document says at night finds a command, a target, a container of that name."""

from __future__ import annotations

import argparse
import re
from functools import cache
from typing import Any, Final

import typer
import yaml

from silkway.cli.main import application
from tests.unit.deploy.documents import ROOT, commands

FILES: Final = (ROOT / "docker-compose.yml", ROOT / "deploy/compose/observability.yml")
OPTIONS: Final = {
    "": "-f= -p= --env-file= --profile=",
    "up": "-d --detach --wait --build --no-build --no-deps --no-recreate --force-recreate --remove-orphans --scale=",
    "run": "--rm --no-deps -T -e= -u= -v= --entrypoint=",
    "exec": "-T -e= -u=",
    "port": "--index=",
    "ps": "--all -a -q -aq --format=",
    "logs": "-f --since= --tail= --no-log-prefix",
    "down": "-v --volumes --remove-orphans --timeout=",
    "restart": "--no-deps --timeout=",
    "stop": "--timeout=",
    "start": "",
    "kill": "--signal=",
    "build": "--pull --no-cache",
    "pull": "--quiet",
    "config": "--quiet --services",
}
"""Of `docker compose`, what documents use or may; each was looked up in --help. `=`: it takes a value."""
_WITH_WORDS: Final = ("run", "exec", "port")
"""Commands that take one service, and then words of their own."""


def test_every_silkway_command_is_there_and_takes_what_it_is_given() -> None:
    alone = [(where, words, False) for where, words in commands("silkway")]
    inside = [
        (where, words[words.index("silkway") + 1 :], True)
        for where, words in [*commands("docker", "compose"), *commands("kubectl", "-n", "silkway", "exec")]
        if "silkway" in words
    ]
    assert len(alone) > 80
    assert len(inside) > 15
    found = [(where, wrong_with(words, whole=whole)) for where, words, whole in alone + inside]
    assert [(where, wrong) for where, wrong in found if wrong] == []


@cache
def command_line() -> Any:
    """The whole command line, as its library holds it."""
    return typer.main.get_command(application())


def wrong_with(words: list[str], *, whole: bool) -> str:
    """What the command line would say to these words, without doing it. whole: nothing may have been left out."""
    known = command_line()
    words = [word.strip("[]") for word in words if word != "…"]
    while words and words[0] in getattr(known, "commands", {}):
        known = known.commands[words.pop(0)]
    if hasattr(known, "commands"):
        return f"there is no such command: {words[0]}" if words else ""
    try:
        known.make_context("silkway", words)
    except Exception as error:  # of whichever click Typer brings along
        kind = type(error).__name__
        # FILE and N stand for what is put there.
        return (
            "" if kind == "BadParameter" or (kind == "MissingParameter" and not whole) else f"{kind}: {error}"
        )
    return ""


def test_every_target_of_make_is_there_with_its_variables() -> None:
    makefile = (ROOT / "Makefile").read_text()
    known = {
        *re.findall(r"^([a-z-]+):", makefile, re.MULTILINE),
        *(f"{name}=" for name in re.findall(r"\$[({](?:if \$\()?([A-Z]+)\b", makefile)),
    }
    said = [(where, re.sub("=.*", "=", word)) for where, words in commands("make") for word in words]
    assert len(said) > 30
    assert [(where, word) for where, word in said if word not in known] == []


def test_every_container_profile_and_file_of_docker_compose_is_there() -> None:
    services = {
        name: what for file in FILES for name, what in yaml.safe_load(file.read_text())["services"].items()
    }
    profiles = {profile for what in services.values() for profile in what.get("profiles", ())}
    parser, found = docker_compose(), list(commands("docker", "compose"))
    assert len(found) > 60
    for where, words in found:
        said = parser.parse_args(words)
        names = {name for name in getattr(said, "names", ()) if not name.startswith("$")}
        assert names <= services.keys(), where
        told = vars(said)
        assert set(told["--profile="] or ()) <= profiles, where
        for file in [*(told["-f="] or ()), *(told["--env-file="] or ())]:
            assert (ROOT / file).exists() or "pinned" in file, where


def docker_compose() -> argparse.ArgumentParser:
    """Knows what OPTIONS has, and ends the test with a word about anything else."""
    parser = argparse.ArgumentParser(prog="docker compose", add_help=False, allow_abbrev=False)
    inner = parser.add_subparsers()
    for name, options in OPTIONS.items():
        command = inner.add_parser(name, add_help=False, allow_abbrev=False) if name else parser
        for option in options.split():
            action = "append" if option.endswith("=") else "store_true"
            command.add_argument(option.rstrip("="), dest=f"{name}{option}", action=action)
        if name:
            command.add_argument("names", nargs=1 if name in _WITH_WORDS else "*")
        if name in _WITH_WORDS:
            command.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def test_every_variable_of_docker_compose_is_told_of() -> None:
    files = [*FILES, ROOT / "docker-compose.tls.yml"]
    used = {name for file in files for name in re.findall(r"\$\{([A-Z_]+)", file.read_text())}
    told = "\n".join(file.read_text() for file in (ROOT / "docs").rglob("*.md"))
    assert {name for name in used if name not in told} == set()
