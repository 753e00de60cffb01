"""Write a stored value to a file, in the format that the file's suffix names."""

from __future__ import annotations

import csv
import datetime
import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from laminar.cli import document_file
from laminar.cli.json_value import json_text, json_value, records
from laminar.exceptions import DatastoreError, suggest

__all__ = ["SUFFIXES", "content", "write"]

Writer = Callable[[Any, str], bytes]


class Unfit(Exception):
    """A value cannot be written in a format."""


def write(value: Any, path: str) -> int:
    """Write a value to a file, whole or not at all, and return its size in bytes.

    Raises DatastoreError where the suffix names no format, or one that the value cannot have; FlowError where the file cannot be
    written.
    """
    data = content(value, Path(path).suffix.lower())
    document_file.write(data, path)
    return len(data)


def content(value: Any, suffix: str) -> bytes:
    """Return the content of a file with this suffix for a value.

    Raises DatastoreError where the suffix names no format, or one that the value cannot have.
    """
    if suffix not in SUFFIXES:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        raise DatastoreError(
            f"No format has the suffix {suffix!r}.{suggest(suffix, list(SUFFIXES))}"
            if suffix
            else "A file without a suffix has no format.",
            fix=f"pass -o FILE with one of these: {', '.join(fitting(value))}.",
        )
    try:
        return SUFFIXES[suffix](value, suffix)
    except Unfit as error:
        raise DatastoreError(
            f"A value of type {type(value).__name__!r} cannot be written as {suffix}: {error}.",
            fix=f"pass -o FILE with one of these: {', '.join(fitting(value))}.",
        ) from error


def fitting(value: Any) -> list[str]:
    """Return the suffixes of the formats that a value can have."""
    found = []
    for suffix, writer in SUFFIXES.items():
        try:
            writer(value, suffix)
        except Exception:
            continue
        found.append(suffix)
    return found


# formats


def _csv(value: Any, suffix: str) -> bytes:
    columns, rows = _rows(value)
    text = io.StringIO()
    lines = csv.writer(text, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
    lines.writerow(columns)
    lines.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    try:
        plain = json_value(_plain(value))
    except DatastoreError as error:
        raise Unfit(error.what.rstrip(".")) from error
    return plain if plain is None or isinstance(plain, (str, int, float)) else json_text(plain, indent=None)


def _json(value: Any, suffix: str) -> bytes:
    try:
        if suffix == ".jsonl":
            rows = json_value(value)
            if not isinstance(rows, list):
                raise Unfit("it is no sequence")
            return "".join(json_text(row, indent=None) + "\n" for row in rows).encode()
        return (json_text(value) + "\n").encode()
    except DatastoreError as error:
        raise Unfit(error.what.rstrip(".")) from error


def _parquet(value: Any, suffix: str) -> bytes:
    buffer = io.BytesIO()
    try:
        if hasattr(value, "write_parquet"):
            value.write_parquet(buffer)
            return buffer.getvalue()
        if hasattr(value, "itertuples"):
            return _parquet_of_pandas(value)
        columns, rows = _rows(value)
        listed = {column: [_parquet_cell(row.get(column)) for row in rows] for column in columns}
        try:
            import pyarrow
            from pyarrow import parquet

            parquet.write_table(pyarrow.table(listed), buffer)
        except ImportError:
            import polars

            polars.DataFrame(listed).write_parquet(buffer)
    except ImportError as error:
        raise Unfit("that needs pyarrow or polars, and neither is installed here") from error
    except Unfit:
        raise
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error}") from error
    return buffer.getvalue()


def _parquet_cell(value: Any) -> Any:
    plain = _plain(value)
    known = (bool, int, float, str, bytes, datetime.date, datetime.time, datetime.timedelta)
    return plain if plain is None or isinstance(plain, known) else _cell(plain)


def _parquet_of_pandas(value: Any) -> bytes:
    buffer = io.BytesIO()
    try:
        value.to_parquet(buffer)
    except ImportError:  # without pyarrow
        import polars

        columns, rows = _rows(value)
        polars.DataFrame({name: [row[name] for row in rows] for name in columns}, strict=False).write_parquet(buffer)
    return buffer.getvalue()


def _image(value: Any, suffix: str) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        if not bytes(value).startswith(SIGNATURES[suffix]):
            raise Unfit("its bytes do not begin as such an image does")
        return bytes(value)
    figure = getattr(value, "figure", value)  # matplotlib's Axes has its figure as an attribute
    buffer = io.BytesIO()
    try:
        if hasattr(figure, "savefig"):
            figure.savefig(buffer, format=suffix[1:], bbox_inches="tight")
        elif hasattr(value, "save") and hasattr(value, "getbands"):  # an image of Pillow
            value.save(buffer, format="JPEG" if suffix in (".jpg", ".jpeg") else suffix[1:])
        elif getattr(value, "ndim", 0) in (2, 3) and hasattr(value, "dtype") and suffix != ".svg":
            from PIL import Image

            Image.fromarray(value).save(buffer, format="JPEG" if suffix in (".jpg", ".jpeg") else suffix[1:])
        else:
            raise Unfit("it is no figure, no image and no array of pixels")
    except ImportError as error:
        raise Unfit(f"that needs {error.name}, which is not installed here") from error
    except Unfit:
        raise
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error}") from error
    return buffer.getvalue()


SIGNATURES = {".png": b"\x89PNG", ".jpg": b"\xff\xd8", ".jpeg": b"\xff\xd8", ".svg": b"<"}
"""First bytes of images: PNG 1.2, 3.1; JPEG (ISO 10918-1), B.1.1.3."""


def _npy(value: Any, suffix: str) -> bytes:
    try:
        import numpy
    except ImportError as error:
        raise Unfit("that needs numpy, which is not installed here") from error
    try:
        array = numpy.asarray(_plain(value) if not hasattr(value, "__array__") else value)
        if array.dtype.kind not in "biufcmM":
            raise Unfit("its elements are not numbers of one kind")
        buffer = io.BytesIO()
        numpy.save(buffer, array, allow_pickle=False)
    except (ValueError, TypeError) as error:
        raise Unfit("its elements are not numbers of one kind") from error
    return buffer.getvalue()


def _pickle(value: Any, suffix: str) -> bytes:
    try:
        return pickle.dumps(_plain(value))
    except Exception as error:
        raise Unfit(f"{type(error).__name__}: {error}") from error


def _text(value: Any, suffix: str) -> bytes:
    if not isinstance(value, str):
        raise Unfit("it is no text")
    return value.encode()


SUFFIXES: dict[str, Writer] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _json,
    ".parquet": _parquet,
    ".png": _image,
    ".jpg": _image,
    ".jpeg": _image,
    ".svg": _image,
    ".npy": _npy,
    ".pickle": _pickle,
    ".pkl": _pickle,
    ".txt": _text,
}
"""The formats by their suffixes."""


# tables


def _rows(value: Any) -> tuple[list[str], list[Mapping[str, Any]]]:
    """Return a table's columns and rows.

    A table is one of pandas or polars, a sequence of mappings or of rows, a mapping of columns, or an array.

    Raises Unfit for a value that is no table.
    """
    if (table := _table(value)) is not None:
        return table
    plain = _plain(value)
    if isinstance(plain, Mapping) and plain and all(_is_column(column) for column in plain.values()):
        if len({len(column) for column in plain.values()}) > 1:
            raise Unfit("its columns are not equally long")
        names = [str(name) for name in plain]
        return names, [dict(zip(names, row, strict=True)) for row in zip(*map(_plain, plain.values()), strict=True)]
    if not _is_column(plain):
        raise Unfit("it is no table: no sequence of rows, and no mapping of columns")
    tables = [_table(item) for item in plain]
    rows = [row for table in tables if table for row in table[1]] if tables and all(tables) else [_row(item) for item in plain]
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def _table(value: Any) -> tuple[list[str], list[Mapping[str, Any]]] | None:
    """Return the columns and rows of a table or a column of polars or pandas, None for any other value."""
    if hasattr(value, "to_frame"):  # a column of either: its name may be missing
        return _table(value.to_frame(value.name if value.name not in (None, "") else "value"))
    if hasattr(value, "to_dicts"):
        return list(value.columns), value.to_dicts()
    if hasattr(value, "itertuples"):
        rows = records(value)
        return list(dict.fromkeys(name for row in rows for name in row)) or [str(name) for name in value.columns], rows
    return None


def _is_column(value: Any) -> bool:
    return (isinstance(value, Sequence) and not isinstance(value, (str, bytes))) or (getattr(value, "ndim", 0) == 1)


def _row(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    if hasattr(value, "_asdict"):
        return dict(value._asdict())
    if hasattr(value, "model_dump"):  # a model of pydantic
        return dict(value.model_dump())
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    plain = _plain(value)
    if isinstance(plain, (list, tuple)):
        return {str(number): item for number, item in enumerate(plain)}
    return {"value": value}


def _plain(value: Any) -> Any:
    """Return a lazy sequence of laminar's as a list, and an array or a number of numpy's as Python's."""
    from laminar.configurations.datastores import Accessor

    if isinstance(value, Accessor):
        return list(value)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return value.tolist()
    return value
