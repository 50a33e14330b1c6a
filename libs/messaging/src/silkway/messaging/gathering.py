"""How long the broker gathers records before it answers a fetch: only while records come.

Small batches are dear, so under load it waits for 64 KiB or some milliseconds. Asked so while nothing comes, it would
be asked twenty times a second for nothing, by every service: most of what an idle system costs. A fetch that follows
silence therefore waits long, and is answered with the first record that comes. Ticks are silence: whoever sends them
sends all at once, so nothing follows that would be worth gathering.
"""

from __future__ import annotations

from typing import Any

MIN_BYTES = 64 * 1024
SILENCE_MS = 500
"""How long a fetch waits for a first record."""
MARGIN_MS = 20
"""A fetch that gathers is empty when so much more than its time has gone by without a record."""


class Gathering:
    """Sets how a consumer's next fetch waits. `gather_ms`: how long records are gathered."""

    def __init__(self, gather_ms: int) -> None:
        self._gather_ms = gather_ms
        self._gathers = True

    def timeout_ms(self, most_ms: int) -> int:
        """How long to look for records at most, when `most_ms` is the longest that the caller would."""
        return min(most_ms, self._gather_ms + MARGIN_MS) if self._gathers else most_ms

    def heard(self, consumer: Any, anything: bool) -> None:
        """Whether the last look found anything besides ticks. To be called before anything else runs, so that it
        holds for the next fetch."""
        if anything == self._gathers:
            return
        self._gathers = anything
        # aiokafka reads both anew for every request and has no public way to change them.
        fetcher = consumer._fetcher
        fetcher._fetch_min_bytes = MIN_BYTES if anything else 1
        fetcher._fetch_max_wait_ms = self._gather_ms if anything else max(SILENCE_MS, self._gather_ms)
