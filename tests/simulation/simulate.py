"""`make simulate N=…`: any number of schedules on all cores; exit code 1 and a short story for each that fails."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from multiprocessing import get_context
from unittest.mock import patch

import structlog
from prometheus_client import Histogram

from silkway.contracts import read_data, read_envelope
from silkway.messaging import records
from tests.simulation.model.shrink import Verdict, run, shorten, tell

_CHUNK = 20
MOST_DECODED = 2_000
"""Some schedules' worth of records."""
_PROGRESS_S = 10.0
_kept = ExitStack()
"""What a process of the pool keeps for as long as it lives."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000, help="how many schedules")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow it")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    began = shown = time.monotonic()
    events = faults = failed = done = 0
    fewest = (1 << 30, 1 << 30)
    for verdict in _all(range(asked.seed, asked.seed + asked.n), asked.processes):
        done += 1
        events += verdict.events
        faults += verdict.faults
        fewest = (min(fewest[0], verdict.events), min(fewest[1], verdict.faults))
        if verdict.wrong:
            failed += 1
            with prepared():
                print(tell(shorten(verdict)), flush=True)
        if time.monotonic() - shown > _PROGRESS_S:
            shown = time.monotonic()
            print(
                f"{done:,} of {asked.n:,} schedules, {failed} fail, {done / (shown - began):.1f}/s",
                flush=True,
            )
    seconds = time.monotonic() - began
    print(
        f"{done:,} schedules, {events:,} events (at least {fewest[0]} each), {faults:,} faults (at least {fewest[1]}"
        f" each): {failed} fail; {done / seconds:.1f} schedules/s on {asked.processes} processes, {seconds:.0f} s"
    )
    return 1 if failed else 0


def _all(seeds: range, processes: int) -> Iterator[Verdict]:
    with get_context("spawn").Pool(processes, initializer=_prepare) as pool:
        yield from pool.imap_unordered(run, seeds, chunksize=min(_CHUNK, 1 + len(seeds) // (4 * processes)))


def _prepare() -> None:
    _kept.enter_context(prepared())


@contextmanager
def prepared() -> Iterator[None]:
    """What is done thousands of times is neither logged nor counted, and leaves little that only a collector finds.

    The same bytes are decoded once, whichever services read them: what comes of it cannot be changed.
    """
    logs, threshold = structlog.get_config(), gc.get_threshold()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.set_threshold(100_000, 20, 50)
    of_data, of_headers = lru_cache(MOST_DECODED)(read_data), lru_cache(MOST_DECODED)(read_envelope)
    try:
        with (
            patch.object(records, "read_data", of_data),
            patch.object(records, "read_envelope", lambda headers: of_headers(tuple(headers))),
            patch.object(Histogram, "observe", lambda *_: None),
        ):
            yield
    finally:
        structlog.configure(**logs)
        gc.set_threshold(*threshold)


if __name__ == "__main__":
    raise SystemExit(main())
