"""Each sender counts what it says about a subject; what comes twice says the same."""

from silkway.auditor.domain.state import DIGESTS_KEPT, Breach, Trail


def follow(trail: Trail, version: int, digest: bytes) -> tuple[bool, list[Breach]]:
    """Whether the event is new, and what is wrong with its number or, where it was said before, with its words."""
    if version <= trail.version:
        place = len(trail.digests) - 1 - (trail.version - version)
        if place >= 0 and trail.digests[place] not in (digest, b""):
            return False, [Breach("SAID_ONCE", f"version {version} was said before, with another content")]
        return False, []
    missing = version - trail.version - 1
    breaches = []
    if missing:
        text = f"version {version} follows version {trail.version}: lost, or out of order"
        breaches.append(Breach("VERSIONS_DENSE", text))
    trail.digests = [*trail.digests, *[b""] * min(missing, DIGESTS_KEPT), digest][-DIGESTS_KEPT:]
    trail.version = version
    return True, breaches
