"""A forked process has positions of its own in the files that its parent reads."""

from __future__ import annotations

import os

from laminar.local.fork_server.open_files import read_only, reopen


def test_files_for_reading_are_found_and_neither_others_nor_the_standard_streams(tmp_path):
    path = tmp_path / "rows"
    path.write_text("1")
    (reading, writing), both = os.pipe(), os.open(path, os.O_RDWR)
    with open(path) as file, open(tmp_path / "log", "a") as log:
        found = read_only()
        assert file.fileno() in found
        assert not {0, 1, 2, reading, both, log.fileno()} & set(found)
    for descriptor in (reading, writing, both):
        os.close(descriptor)


def test_a_forked_process_reads_on_without_moving_its_parent_also_in_a_file_that_was_removed(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDONLY)
    os.read(descriptor, 3)
    path.unlink()
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            reopen([descriptor])
            is_own = os.read(descriptor, 3) == b"345" and not os.get_inheritable(descriptor)
            os._exit(not is_own)
        assert os.waitpid(pid, 0)[1] == 0
    assert os.read(descriptor, 3) == b"345"
    os.close(descriptor)


def test_what_is_no_file_any_more_is_left_alone():
    reading, writing = os.pipe()
    os.close(writing)
    reopen([reading, 10**6])
    assert os.read(reading, 1) == b""
    os.close(reading)
