"""Secrets of the environment are masked in stored texts, in each form in which a program is likely to print them."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from laminar.history.masking import Masker


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "db_password", "dbPassword", "APIKEY", "PGPASS", "SESSION_COOKIE", "X_AUTH"]
)
def test_the_value_of_a_variable_with_a_secret_name_is_masked(name):
    expected = "a *** b" if name != "PGPASS" else "a s3cret/value b"  # PGPASS names a file: PASS is no word of it
    assert Masker({name: "s3cret/value"}).masked("a s3cret/value b") == expected


@pytest.mark.parametrize("name", ["PATH", "PWD", "MONKEY", "KEYBOARD", "AUTHOR", "TOKENIZERS_PARALLELISM", "COMPASS"])
def test_the_value_of_another_variable_is_not(name):
    assert Masker({name: "s3cret/value"}).masked("s3cret/value") == "s3cret/value"


@pytest.mark.parametrize("form", [str, lambda text: quote(text, safe=""), lambda text: base64.b64encode(text.encode()).decode()])
def test_a_secret_is_masked_in_its_other_forms(form):
    secret = "s3cret/väl ue=1"
    assert "***" in Masker({"TOKEN": secret}).masked(f"<{form(secret)}>")
    assert form(secret).rstrip("=") not in Masker({"TOKEN": secret}).masked(f"<{form(secret)}>")


def test_the_password_of_a_url_is_masked_and_the_rest_of_it_is_not():
    masker = Masker({"DATABASE_URL": "postgres://me:hunter22@db:5432/x"})
    assert masker.masked("postgres://me:hunter22@db:5432/x") == "postgres://me:***@db:5432/x"


def test_each_line_of_a_secret_is_masked_and_short_ones_are_not():
    masker = Masker({"KEY": "-----BEGIN-----\nabcdefgh\nxyz\n"})
    assert masker.masked("abcdefgh xyz") == "*** xyz"


def test_of_two_secrets_the_longer_one_is_masked_first():
    assert Masker({"A_TOKEN": "abcdef", "B_TOKEN": "abcdefghi"}).masked("abcdefghi") == "***"


def test_a_variable_from_a_secret_is_masked_whatever_its_name_is():
    assert Masker({"DB": "hunter22"}, ["DB"]).masked("hunter22") == "***"
    assert Masker({"DB": "hunter22"}).masked("hunter22") == "hunter22"


@pytest.mark.parametrize("before", ["", "u", "me", "me:"])
@pytest.mark.parametrize("after", ["", "!", "!!"])
def test_a_secret_within_a_longer_text_in_base64_is_masked(before, after):
    shown = base64.b64encode(f"{before}s3cret-value{after}".encode()).decode()
    masked = Masker({"TOKEN": "s3cret-value"}).masked(f"Authorization: Basic {shown}")
    assert "***" in masked
    assert len(masked) <= len("Authorization: Basic ") + len("***") + 11  # up to three whole bytes, and bits of the secret


def test_a_secret_is_masked_in_json_and_the_password_of_a_url_as_the_program_reads_it():
    assert Masker({"TOKEN": 's3c"ret\\é'}).masked(json.dumps({"t": 's3c"ret\\é'})) == '{"t": "***"}'
    assert Masker({"DB": "postgres://me:pa%24sword@db"}).masked("pa$sword pa%24sword") == "*** ***"
    assert Masker({"TOKEN": "caf\udcff\udcfe-x"}).masked("caf%FF%FE-x") == "***"
