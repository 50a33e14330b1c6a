#!/usr/bin/env python3
"""Writes docker-compose.pinned.yml: every image by the digest that its tag has now, for `docker compose -f … -f …`.

A tag can be moved by whoever owns it; a digest is these very bytes. Needs Python and Docker; pulls the images.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
OURS = "silkway"


def main() -> None:
    """Ask Docker for each image's digest; ends with a word where one has none."""
    asked = ("docker", "compose", "--profile", "*", "config", "--format", "json", "--no-interpolate")
    services = json.loads(_said(*asked))["services"]
    base = re.findall(r"^ARG BASE=(\S+)$", (HERE / "Dockerfile").read_text(), re.MULTILINE)[0]
    lines = ["# By deploy/compose/pin_digests.py.", "services:"]
    for name, service in sorted(services.items()):
        if "build" in service:
            lines += [f"  {name}:", f"    build: {{args: {{BASE: {digest(base)}}}}}"]
        elif service["image"] != OURS:
            lines += [f"  {name}:", f"    image: {digest(service['image'])}"]
    (HERE / "docker-compose.pinned.yml").write_text("\n".join(lines) + "\n")


def digest(image: str) -> str:
    """The image's name by its digest, as the registry gave it."""
    _said("docker", "pull", "--quiet", image)
    known = json.loads(_said("docker", "image", "inspect", image))[0]["RepoDigests"]
    if not known:
        raise SystemExit(f"{image} has no digest: it came from no registry")
    return str(known[0])


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
