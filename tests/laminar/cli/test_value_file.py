"""Values are written in the format of the file's suffix, or refused with those that they can have."""

from __future__ import annotations

import io
import json
import pickle
from collections import namedtuple
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pydantic
import pytest

from laminar.cli.value_file import SUFFIXES, content, write
from laminar.configurations.datastores import Memory
from laminar.exceptions import DatastoreError, FlowError


@dataclass
class Row:
    a: int
    b: str


Pair = namedtuple("Pair", "a b")
TABLE = "a,b\n1,x\n2,y\n"


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
        [Row(1, "x"), Row(2, "y")],
        [Pair(1, "x"), Pair(2, "y")],
        {"a": [1, 2], "b": ["x", "y"]},
        pytest.param("pandas", id="pandas"),
        pytest.param("polars", id="polars"),
    ],
)
def test_a_table_of_any_kind_is_written_as_rows(value):
    if isinstance(value, str):
        value = pytest.importorskip(value).DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert content(value, ".csv").decode() == TABLE
    assert content(value, ".tsv").decode() == TABLE.replace(",", "\t")
    assert json.loads(content(value, ".json")) in ([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], {"a": [1, 2], "b": ["x", "y"]})


def test_a_fan_out_is_a_column():
    store = Memory()
    accessor = store.read(store.shard([1, 2.5, None]))
    assert content(accessor, ".csv").decode() == 'value\n1\n2.5\n""\n'
    assert json.loads(content(accessor, ".json")) == [1, 2.5, None]
    assert content(accessor, ".jsonl").decode() == "1\n2.5\nnull\n"
    assert pickle.loads(content(accessor, ".pickle")) == [1, 2.5, None]


def test_rows_may_have_different_columns_and_nested_values():
    rows = [{"a": 1}, {"b": [1, 2], "c": date(2026, 1, 2)}]
    assert content(rows, ".csv").decode() == 'a,b,c\n1,,\n,"[1, 2]",2026-01-02\n'


def test_arrays():
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(6).reshape(2, 3)
    assert numpy.array_equal(numpy.load(io.BytesIO(content(array, ".npy"))), array)
    assert numpy.array_equal(numpy.load(io.BytesIO(content([1.5, 2], ".npy"))), [1.5, 2])
    assert content(array, ".csv").decode() == "0,1,2\n0,1,2\n3,4,5\n"
    assert json.loads(content({"m": array, "n": numpy.float64(2), "x": float("nan")}, ".json")) == {
        "m": [[0, 1, 2], [3, 4, 5]],
        "n": 2.0,
        "x": None,
    }


def test_parquet_is_read_back():
    polars = pytest.importorskip("polars")
    for value in ([{"a": 1, "b": "x"}], polars.DataFrame({"a": [1], "b": ["x"]})):
        assert polars.read_parquet(io.BytesIO(content(value, ".parquet"))).rows() == [(1, "x")]


def test_figures_and_images():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    figure.subplots().plot([1, 2])
    assert content(figure, ".png").startswith(b"\x89PNG")
    assert b"<svg" in content(figure, ".svg")
    numpy, pillow = pytest.importorskip("numpy"), pytest.importorskip("PIL.Image")
    pixels = numpy.zeros((4, 5, 3), dtype="uint8")
    assert pillow.open(io.BytesIO(content(pixels, ".png"))).size == (5, 4)
    assert pillow.open(io.BytesIO(content(pillow.fromarray(pixels), ".jpg"))).size == (5, 4)
    assert content(content(pixels, ".png"), ".png") == content(pixels, ".png")


@pytest.mark.parametrize(
    ("value", "suffix", "reason", "fix"),
    [
        ("text", ".png", "it is no figure", ".json, .pickle, .pkl, .txt."),
        ({"a": 1}, ".csv", "it is no table", ".json, .pickle, .pkl."),
        ({"a": [1], "b": [1, 2]}, ".csv", "its columns are not equally long", ".json, .pickle, .pkl."),
        ([lambda: 0], ".json", r"\[0\] is an object of type 'function'", "one of these: ."),
        (["a"], ".npy", "its elements are not numbers of one kind", ".csv, .tsv, .json, .jsonl"),
        (3, ".txt", "it is no text", ".json, .npy, .pickle, .pkl."),
        (b"bytes", ".png", "its bytes do not begin as such an image does", ".pickle, .pkl."),
        ([1], ".xlsx", "No format has the suffix '.xlsx'", ".csv, .tsv"),
        ([1], ".jsn", "Did you mean '.json'?", ".csv, .tsv"),
    ],
)
def test_what_cannot_be_converted_says_what_can(value, suffix, reason, fix):
    with pytest.raises(DatastoreError, match=reason) as raised:
        content(value, suffix)
    assert fix in raised.value.fix


def test_bytes_are_written_as_they_are_under_an_unknown_suffix(tmp_path):
    assert write(b"\x00model", str(tmp_path / "model.onnx")) == 6
    assert (tmp_path / "model.onnx").read_bytes() == b"\x00model"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(FlowError, match="cannot be written"):
        write([1], str(tmp_path / "nowhere" / "a.csv"))


def test_the_help_names_each_suffix():
    from laminar.cli.results import results

    option = next(each for each in results.params if each.name == "output")
    named = {suffix for suffix in SUFFIXES if suffix[1:] in str(option.help).replace(".", "").split("format: ")[1].split(", ")}
    assert named == set(SUFFIXES) - {".jpeg", ".pkl"}


def test_missing_values_of_pandas_are_empty_and_an_index_is_a_column():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {
            "text": ["x", None],
            "number": [1.5, float("nan")],
            "time": [pandas.Timestamp(2026, 1, 2), pandas.NaT],
            "any": [1, pandas.NA],
        },
        index=pandas.Index(["r", "s"], name="key"),
    )
    assert content(table, ".csv").decode() == "key,text,number,time,any\nr,x,1.5,2026-01-02T00:00:00,1\ns,,,,\n"
    assert json.loads(content(table, ".json"))[1] == {"key": "s", "text": None, "number": None, "time": None, "any": None}
    assert content(pandas.Series([1, 2], name="n", index=["a", "b"]), ".csv").decode() == "index,n\na,1\nb,2\n"
    assert content(pandas.Series([1, 2]), ".csv").decode() == "value\n1\n2\n"
    assert content(pandas.DataFrame({"a": []}), ".csv").decode() == "a\n"


def test_tables_with_missing_and_nested_values_are_parquet():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    table = pandas.DataFrame({"text": ["x", None], "n": [1, 2]}, index=["r", "s"])
    again = polars.read_parquet(io.BytesIO(content(table, ".parquet"))).to_dicts()
    assert [(row["text"], row["n"]) for row in again] == [("x", 1), (None, 2)]
    rows = [{"split": 0, "frame": table}, {"split": 1}]
    assert polars.read_parquet(io.BytesIO(content(rows, ".parquet")))["frame"].to_list()[1] is None
    assert content(polars.Series("z", [1, 2]), ".csv").decode() == "z\n1\n2\n"


def test_tables_of_splits_are_one_table():
    pandas = pytest.importorskip("pandas")
    assert content([pandas.DataFrame({"a": [n], "b": [2 * n]}) for n in (1, 2)], ".csv").decode() == "a,b\n1,2\n2,4\n"


def test_models_spans_decimals_and_uuids_have_a_form_in_json():
    class Model(pydantic.BaseModel):
        name: str
        cost: Decimal

    assert content([Model(name="m", cost=Decimal("1.10"))], ".csv").decode() == "name,cost\nm,1.10\n"
    value = {"m": Model(name="m", cost=Decimal(2)), "span": timedelta(minutes=1), "id": UUID(int=5)}
    expected = {"m": {"name": "m", "cost": "2"}, "span": 60.0, "id": "00000000-0000-0000-0000-000000000005"}
    assert json.loads(content(value, ".json")) == expected
