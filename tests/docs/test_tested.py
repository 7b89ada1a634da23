"""docs/tested.md names tests that exist, with their numbers of cases, and the long tests."""

from __future__ import annotations

import re

from tests.torture import PARTS, Outcome, write_page

from .tested import PAGE, count_cases, files_of, promises


def test_each_promise_has_its_test() -> None:
    rows = promises(PAGE.read_text("utf-8"))
    assert len(rows) >= 35
    cases = count_cases(files_of(rows))
    missing = [row.test for row in rows if not cases[row.test]]
    assert not missing, f"docs/tested.md names tests that do not exist: {missing}"
    wrong = {row.test: (row.cases, cases[row.test]) for row in rows if row.cases != cases[row.test]}
    assert not wrong, f"on the page, in the tests: {wrong}; python -m tests.docs.tested counts them"


def test_a_test_that_does_not_exist_is_noticed() -> None:
    rows = promises("| It flies | `tests/docs/test_tested.py::test_it_flies` | 1 |\n")
    assert len(rows) == 1
    assert not count_cases(files_of(rows))[rows[0].test]


def test_the_page_has_a_row_for_each_part() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(PARTS)


def test_figures_are_written_where_a_part_passed() -> None:
    page = "| `soak` | old | 2026-01-01 |\n| `boards` | old | 2026-01-01 |\n"
    outcomes = [Outcome("soak", True, "0 left", 1.0), Outcome("boards", False, "1 differs", 1.0)]
    expected = "| `soak` | 0 left | 2026-02-03 |\n| `boards` | old | 2026-01-01 |\n"
    assert write_page(outcomes, page, "2026-02-03") == expected
