"""What `POST /quotes` takes; that it answers is tested with a real database and Kafka."""

from typing import Any

import pytest

from silkway.logistics.api import API
from silkway.logistics.api.quoting import need_from
from silkway.messaging.http import Problem, create_api

EXAMPLE: dict[str, Any] = create_api(API).openapi()["paths"]["/quotes"]["post"]["requestBody"]["content"][
    "application/json"
]["example"]


def test_the_example_is_taken() -> None:
    assert need_from(EXAMPLE).gross_g == EXAMPLE["gross_g"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"origin": "cnngb"}, "origin"), ({"ready_on": "10.3.2026"}, "ready_on"), ({"gross_g": -1}, "gross_g"),
        ({"packages": 0}, "packages"), ({"currency": None}, "currency"), ({"value_minor": None}, "value_minor"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as raised:
        need_from(EXAMPLE | wrong)
    assert (raised.value.status, [error.field for error in raised.value.errors]) == (422, [field])
