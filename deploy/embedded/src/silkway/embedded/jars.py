"""The jars of Kafka: exact versions and hashes from kafka.lock.toml, files from the local Maven cache.

Run as a module (`python -m silkway.embedded.jars`) it resolves them anew and writes the lock.
"""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[str, int, int], None]
    """Told what is being done, how much of it is done, and how much there is."""

LOCK = Path(__file__).with_name("kafka.lock.toml")
# Resolved one by one: in one build the versions managed by log4j would downgrade kafka-clients to 3.9.1,
# and the broker dies of it with NoSuchMethodError.
ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
_DOWNLOADS_AT_ONCE = 4
_ATTEMPTS = 3


def class_path(progress: Progress) -> list[Path]:
    """Files of all locked jars, in the lock's order, downloaded where missing and checked by SHA-256.

    Raises RuntimeError when a jar cannot be had or has another hash after a fresh download.
    """
    context, locked = _maven(), LockFile.load(LOCK).dependencies
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        jars = [pool.submit(_jar, context, dependency) for dependency in locked]
        try:
            for done, jar in enumerate(as_completed(jars), 1):
                jar.result()
                progress("Kafka's jars", done, len(locked))
        finally:  # one that cannot be had ends it: the others are not tried
            pool.shutdown(cancel_futures=True)
    return [jar.result() for jar in jars]


def write_lock() -> None:
    """Resolve ROOTS, download everything they need and write versions and hashes to LOCK."""
    context = _maven()
    found: dict[str, LockedDependency] = {}
    for root in ROOTS:
        inputs, transitive = context.resolver.resolve([context.create_dependency(root)])
        for dependency in [*inputs, *(d for d in transitive if d.scope in ("compile", "runtime"))]:
            name = f"{dependency.groupId}:{dependency.artifactId}:{dependency.classifier}"
            found.setdefault(name, LockedDependency.from_dependency(dependency))
    LockFile([found[name] for name in sorted(found)], environment_name="kafka").save(LOCK)


def _maven() -> MavenContext:
    settings = GlobalSettings.load()  # a user's own mirrors and cache folder are respected
    return MavenContext(
        repo_cache=settings.repo_cache,
        remote_repos={"central": MAVEN_CENTRAL_URL, **settings.repositories},
        timeout=60,
    )


def _jar(context: MavenContext, locked: LockedDependency) -> Path:
    component = context.project(locked.groupId, locked.artifactId).at_version(locked.version)
    artifact = component.artifact(locked.classifier or "", locked.packaging)
    failure = ""
    for attempt in range(_ATTEMPTS):
        time.sleep(2.0 * attempt)
        try:
            path = artifact.resolve()
        except (OSError, RuntimeError) as error:  # the network, or an answer other than 200
            failure = str(error)
            continue
        if _sha256(path) == locked.sha256:
            return path
        failure = f"its SHA-256 is not the locked {locked.sha256}"
        path.unlink()  # most likely a download that was cut off; the cache would offer it for ever
    remedy = "Open the way to Maven Central, or name a mirror under [repositories] in ~/.config/jgo.conf"
    raise RuntimeError(f"{locked.artifactId} {locked.version} cannot be had: {failure}. {remedy}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    write_lock()
