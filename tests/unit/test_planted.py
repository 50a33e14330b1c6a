"""The faults that `make planted` plants have a place in the code as it stands, and in the docs."""

from __future__ import annotations

import ast

import pytest

from tests.planted import __main__ as command
from tests.planted.bugs import PAGE, ROOT, Bug, page, read


@pytest.mark.parametrize("bug", read(), ids=lambda bug: bug.name)
def test_a_fault_has_one_place_and_its_code_can_be_read(bug: Bug) -> None:
    source = (ROOT / bug.file).read_text()
    assert source.count(bug.before) == 1
    ast.parse(source.replace(bug.before, bug.after))
    assert (ROOT / bug.caught_by).exists()


def test_the_page_shows_all_of_them() -> None:
    """Write it anew with: python -c "from tests.planted import __main__ as command
    from tests.planted.bugs import *; (ROOT / PAGE).write_text(page())"."""
    assert (ROOT / PAGE).read_text() == page()


def test_a_part_of_no_faults_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["planted", "--only", "fence", "--only", "typo"])
    with pytest.raises(SystemExit, match="2"):
        command.main()
