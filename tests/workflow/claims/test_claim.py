"""How findings add up to one."""

from tabmixbench.claims.claim import all_hold


def test_parts_that_are_not_told_leave_a_statement_untold():
    assert all_hold([True, True]) is True
    assert all_hold([True, None]) is None
    assert all_hold([None, False]) is False
