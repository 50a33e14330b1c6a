"""What the embedded PostgreSQL takes of a machine's memory."""

from __future__ import annotations

import pytest

from silkway.embedded.postgres import sizes

MB, GB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("memory", "buffers_mb", "log_mb"),
    [
        (24 * GB, 6144, 12288),
        (4 * GB, 1024, 2048),
        pytest.param(256 * MB, 128, 2048, id="never less than PostgreSQL's own default"),
        pytest.param(256 * GB, 8192, 16384, id="never more than was tried"),
    ],
)
def test_a_quarter_is_for_buffers_and_the_log_may_be_twice_as_long(
    memory: int, buffers_mb: int, log_mb: int
) -> None:
    found = sizes(memory)
    assert found["shared_buffers"] == f"{buffers_mb}MB"
    assert found["max_wal_size"] == f"{log_mb}MB"
