"""Cron expressions are taken and refused as Argo's parser does."""

from __future__ import annotations

import pytest

from laminar.compiler.check.cron import timezone_problem, wrong_cron


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 0-23/2 1,15 jan-mar,DEC mon-FRI",
        "0 0 ? * 0",
        "5/10 * * * *",
        "0 0 29 2 *",
        "0 0 31 * *",
        "0 0 31 2 mon",
        "  0   4 * * 6 ",
        "@yearly",
        "@every 90s",
        "@every 1h30m",
        "@every 1.5h",
    ],
)
def test_right_expression_has_no_problem(text):
    assert wrong_cron(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/x * * * *",
        "1- * * * *",
        "1,,2 * * * *",
        "a * * * *",
        "-1 * * * *",
        "* * * monday *",
        "0 0 30 2 *",
        "@reboot",
        "@every",
        "@every 5",
        "CRON_TZ=UTC 0 4 * * *",
    ],
)
def test_wrong_expression_has_one(text):
    assert wrong_cron(text) != ""


def test_time_zones_are_those_of_the_database():
    assert timezone_problem("Asia/Tokyo") == ""
    assert timezone_problem("Local") == ""
    assert "Did you mean 'Asia/Tokyo'?" in timezone_problem("Asia/Tokio")
