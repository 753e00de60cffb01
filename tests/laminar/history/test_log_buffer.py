"""The log of an attempt has whole lines, masked, and of a long output the beginning and the end."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from laminar.configurations.datastores import Local, Memory
from laminar.configurations.datastores.documents.log_pieces import Piece, load_pieces, save_pieces
from laminar.history.log_buffer import LONGEST_LINE, LogBuffer
from laminar.history.log_keeper import LogKeeper
from laminar.history.masking import Masker

PLAIN = Masker({})


def buffer(half: int = 1 << 19, masker: Masker = PLAIN) -> LogBuffer:
    return LogBuffer(3, 1, "run", masker, half=half)


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_an_unfinished_line_waits_for_its_end():
    log = buffer()
    log.add("stdout", b"one\ntw")
    assert text(log.take()) == "one\n"
    log.add("stdout", b"o\n")
    assert text(log.take()) == "two\n"
    log.add("stdout", b"three")
    assert text(log.take()) == ""
    assert text(log.rest()) == "three"


def test_a_secret_that_two_writes_share_is_masked():
    log = buffer(masker=Masker({"TOKEN": "hunter22"}))
    log.add("stdout", b"the hun")
    log.add("stderr", b"between\n")
    log.add("stdout", b"ter22\n")
    assert [(piece.stream, piece.text) for piece in log.rest()] == [("stderr", "between\n"), ("stdout", "the ***\n")]


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(20, 200))
def test_of_a_long_output_the_beginning_and_the_end_are_kept_and_the_gap_is_counted(lengths, half):
    log = buffer(half)
    whole = b""
    for number, length in enumerate(lengths):
        line = f"{number}".encode() * length + b"\n"
        log.add("stdout", line)
        whole += line
    kept = log.rest()
    gaps = [piece for piece in kept if piece.dropped]
    assert len(gaps) <= 1
    cut = kept.index(gaps[0]) if gaps else len(kept)
    first, last = text(kept[:cut]).encode(), text(kept[cut + 1 :]).encode()
    assert whole.startswith(first)
    assert whole.endswith(last)
    assert len(first) + len(last) + sum(piece.dropped for piece in gaps) == len(whole)
    assert gaps == [] or (half - 61 <= len(first) <= half and len(last) <= max(half, 61))
    assert [piece.offset for piece in kept] == sorted({piece.offset for piece in kept})


def test_pieces_are_read_as_they_were_written_and_damage_hides_no_other(tmp_path):
    store = Local(tmp_path)
    log = buffer()
    log.add("stdout", "ä\udcff\n".encode(errors="surrogateescape") + b"\0\n")
    pieces = log.rest()
    save_pieces(store, "F", "e", "L", "1", pieces)
    key = "F/executions/e/.history/logs/L/1.jsonl"
    store.put(key, (bytes(store.get(key)) + b"{damaged\n",))
    save_pieces(store, "F", "e", "L", "2", pieces)
    assert list(load_pieces(store, "F", "e", "L")) == [*pieces, *pieces]
    known: dict[str, int] = {}
    assert len(list(load_pieces(store, "F", "e", "L", known=known))) == 2
    assert list(load_pieces(store, "F", "e", "L", known=known)) == []


def test_a_keeper_writes_one_file_for_each_layer_and_none_where_nothing_is_printed():
    store = Memory()
    keeper = LogKeeper(store, "F", "e", "run", PLAIN)
    logs = [keeper.begin(layer, index, 1) for layer in ("A", "B", "C") for index in range(100)]
    for log in logs[:200]:
        log.add("stdout", b"line\n")
    for log in logs:
        keeper.end(log)
    keeper.flush(print)
    assert [len(list(store.names(f"F/executions/e/.history/logs/{layer}"))) for layer in "ABC"] == [1, 1, 0]
    assert [piece.index for piece in load_pieces(store, "F", "e", "B")] == list(range(100))
    assert keeper.patience() is None


def test_of_a_line_that_is_redrawn_the_log_has_the_last_state_and_one_from_time_to_time():
    clock = [0.0]
    log = LogBuffer(0, 1, "run", PLAIN, clock=lambda: clock[0])
    for step in range(101):
        clock[0] = step / 4  # 25 seconds
        log.add("stderr", f"\r{step:3d}%".encode())
        log.add("stdout", b"")
    log.add("stderr", b"\n")
    log.add("stdout", b"a\rb\rc\ndos\r\n5%\r6%\r")
    log.add("stdout", b"\n")
    assert [piece.text for piece in log.rest()] == [" 40%\n", " 80%\n", "100%\n", "c\ndos\n", "6%\n"]


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 97))
def test_a_long_line_is_cut_neither_in_a_character_nor_in_a_secret(length):
    log = LogBuffer(0, 1, "run", Masker({"TOKEN": "hunter22é"}), half=1 << 18)
    line = "x" * (LONGEST_LINE - length) + "hunter22é" + "漢😀" * 20_000 + "hunter22é" + "end"
    data = line.encode()
    for start in range(0, len(data), 9973 + length):
        log.add("stdout", data[start : start + 9973 + length])
    log.add("stdout", b"\nnext\n")
    pieces = log.rest()
    assert text(pieces) == line.replace("hunter22é", "***") + "\nnext\n"
    assert len(pieces) > 2
    assert all(piece.more != piece.text.endswith("\n") for piece in pieces)


def test_of_a_long_line_that_comes_at_once_both_ends_are_kept():
    log = LogBuffer(0, 1, "run", PLAIN, half=1 << 17)
    whole = "<" + "漢" * 200_000 + ">\nnext\n"
    log.add("stdout", whole.encode())
    kept = log.rest()
    (gap,) = (piece for piece in kept if piece.dropped)
    first, last = text(kept[: kept.index(gap)]), text(kept[kept.index(gap) + 1 :])
    assert whole.startswith(first)
    assert whole.endswith(last)
    assert len(first.encode()) > (1 << 17) - 4
    assert len(last.encode()) > 1 << 16
    assert len((first + last).encode()) + gap.dropped == len(whole.encode())
