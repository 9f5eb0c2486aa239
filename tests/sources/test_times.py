"""Times as tools write them."""

from datetime import UTC

import pytest

from ingestd.sources.times import moment

AT = 1772410445.0  # 2026-03-02 00:14:05 UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T00:14:05Z",
        "2026-03-02T00:14:05.000000000Z",
        "2026-03-02T08:14:05+08:00",
        "2026-03-02T08:14:05+0800",
        "2026-03-02T08:14:05+08.00",
        "2026-03-02T08:14:05+08",
        "2026-03-01T19:14:05-05:00",
        "2026-03-02 00:14:05 +0000 UTC",
        "2026-03-02 08:14:05(GMT+8)",
        "2026/03/02 08:14:05 GMT+08:00",
        "2026-03-02 00:14:05 +0000 UTC m=+2.5",
        "2026/03/02 00:14:05 GMT",
        "2026-03-01 16:14:05 PST",
        "Mon, 02 Mar 2026 00:14:05 GMT",
        "Mon, 2 Mar 2026 01:14:05 +0100",
        "Mon Mar  2 00:14:05 UTC 2026",
        "Mon Mar 02 2026 00:14:05 UTC",
        "March 1, 2026 4:14:05 PM PST",
        "March 2, 2026 at 12:14:05 a.m. UTC",
        "3/2/2026 12:14:05 AM UTC",
        "00:14:05 UTC, 02 Mar 2026",
        "1772410445",
        "1772410445.0",
        1772410445,
        1772410445.0,
        1772410445000,
        "1772410445000",
        1772410445000000,
        1772410445000000000,
    ],
)
def test_one_moment_in_many_ways(text):
    assert moment(text) == pytest.approx(AT)


def test_fractions_are_kept():
    assert moment("2026-03-02T00:14:05.125Z") == AT + 0.125


@pytest.mark.parametrize(
    "text",
    [
        None, True, "", "Never", "np", "2026-03-02 00:14:05", "2026-03-02 00:14:05 CST", "0001-01-01T00:00:00Z", 0, -5,
        "0", "1970-01-01T00:00:00Z", "2026-13-02T00:14:05Z", "2026-02-30T00:14:05Z", "2026-03-02T25:14:05Z",
        "2026-03-02T00:14:05+99:00", "Mon Xyz 02 00:14:05 UTC 2026", "9" * 400, 10**400, float("inf"), float("nan"), "1e5",
        10**30, "١٢٣٤٥٦٧٨٩٠",
    ],
)  # fmt: skip
def test_what_is_no_moment(text):
    assert moment(text) is None


def test_a_source_that_is_known_to_write_utc():
    assert moment("2026-03-02 00:14:05", UTC) == AT
    assert moment("2026-03-02 00:14:05 CST", UTC) is None


def test_fourteen_digits_are_a_date_and_no_count():
    assert moment("20260302001405Z") == 1772410445.0
    assert moment("20260302001405") is None
    assert moment(20260302001405) is None
    assert moment("20260302001405", UTC) == 1772410445.0
