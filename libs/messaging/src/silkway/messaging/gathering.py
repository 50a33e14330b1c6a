"""How long the broker gathers records before it answers a fetch: only while records come.

Small batches are dear, so under load it waits for 64 KiB or some milliseconds. Asked so while nothing comes, it would
be asked twenty times a second for nothing, by every service: most of what an idle system costs. A fetch that follows
silence therefore waits long, and is answered with the first record that comes. Ticks are silence: whoever sends them
sends all at once, so nothing follows that would be worth gathering.

A transaction costs much whatever is in it, and where processors are shared, small ones make each other slow. So a
service that is busy for more than half of its time lets the broker gather for longer, until it is not.
"""

from __future__ import annotations

from typing import Any, Final

MIN_BYTES = 64 * 1024
SILENCE_MS = 500
"""How long a fetch waits for a first record."""
MARGIN_MS = 20
"""A fetch that gathers is empty when so much more than its time has gone by without a record."""
BUSY: Final = 0.5
"""The share of its time that a service spends in transactions at most, where gathering can help."""
STEP: Final = 1.1
MOST_TIMES: Final = 3
MOST_MS: Final = 150
"""Up to so many times its usual time the broker gathers, and no longer than this: a look that ends before the answer
would take it for silence."""
_REMEMBERED = 8
"""Over about so many transactions the share is taken."""


class Gathering:
    """Sets how a consumer's next fetch waits. `gather_ms`: how long records are gathered while it is not busy."""

    def __init__(self, gather_ms: int) -> None:
        self._usual_ms, self._gather_ms = gather_ms, float(gather_ms)
        self._most_ms = max(gather_ms, min(MOST_TIMES * gather_ms, MOST_MS))
        self._gathers = True
        self._ended_s = self._busy = 0.0

    def timeout_ms(self, most_ms: int) -> int:
        """How long to look for records at most, when `most_ms` is the longest that the caller would."""
        return min(most_ms, int(self._gather_ms) + MARGIN_MS) if self._gathers else most_ms

    def applied(self, began_s: float, ended_s: float) -> None:
        """A transaction ran from one time of a monotonic clock to another."""
        share = (ended_s - began_s) / (ended_s - self._ended_s)
        self._ended_s = ended_s
        self._busy += (share - self._busy) / _REMEMBERED
        if self._busy > BUSY:
            self._gather_ms = min(self._gather_ms * STEP, self._most_ms)
        else:
            self._gather_ms = max(self._gather_ms / STEP, self._usual_ms)

    def heard(self, consumer: Any, anything: bool) -> None:
        """Whether the last look found anything besides ticks. To be called before anything else runs, so that it
        holds for the next fetch."""
        self._gathers = anything
        gather_ms = int(self._gather_ms)
        # aiokafka reads both anew for every request and has no public way to change them.
        fetcher = consumer._fetcher
        fetcher._fetch_min_bytes = MIN_BYTES if anything else 1
        fetcher._fetch_max_wait_ms = gather_ms if anything else max(SILENCE_MS, gather_ms)
