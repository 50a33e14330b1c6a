"""How often somebody may ask."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from silkway.messaging.http.problems import Problem

BURST_S: Final = 2.0
"""Who was silent may ask at once what this time allows."""
_MOST: Final = 10_000


class Rate:
    """A token bucket for each asker: `per_s` requests a second in the long run; 0: as many as they like.

    Kept as the time at which the bucket is full again (the generic cell rate algorithm): one number each, and no timer
    that fills. Each process counts by itself.
    """

    def __init__(self, per_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._now = per_s, now
        self._full_at: dict[str, float] = {}

    def take(self, who: str) -> None:
        """One request of this asker. Raises Problem 429 with Retry-After."""
        if not self._per_s:
            return
        now = self._now()
        full_at = max(self._full_at.pop(who, now), now) + 1 / self._per_s
        wait_s = full_at - now - max(BURST_S, 1 / self._per_s)
        if wait_s > 1e-9:
            self._full_at[who] = full_at - 1 / self._per_s
            detail = f"More than {self._per_s:g} requests a second. Wait, and repeat the request."
            raise Problem(429, "too-many-requests", detail, headers={"Retry-After": str(math.ceil(wait_s))})
        self._full_at[who] = full_at
        if len(self._full_at) > _MOST:
            self._full_at = {asker: at for asker, at in self._full_at.items() if at > now}
