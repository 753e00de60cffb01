"""An outage of the datastore costs a pod's history seconds, and is reported once by its processes."""

from __future__ import annotations

import pytest

from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.datastores.storage.retrying_filesystem import retry
from laminar.worker import pod_channel, pod_history
from laminar.worker.pod_history import Outage, attempted


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Advance the clock by pauses only, and return them."""
    taken: list[float] = []
    monkeypatch.setattr(retrying_filesystem.time, "monotonic", lambda: sum(taken))
    monkeypatch.setattr(retrying_filesystem.time, "sleep", taken.append)
    monkeypatch.setattr(retrying_filesystem, "_away", {})
    monkeypatch.setattr(retrying_filesystem, "NOTICE", 60.0)
    monkeypatch.setattr(pod_history, "outage", Outage())
    return taken


def away() -> None:
    def fail() -> None:
        raise TimeoutError("no response")

    retry(fail, "s3://bucket")


@pytest.mark.parametrize("last", [False, True])
def test_only_the_first_write_of_an_outage_is_retried(last: bool, pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    assert not attempted(away, last=last)
    limit = pod_channel.LAST_SECONDS if last else retrying_filesystem.HURRIED
    assert limit / 3 < sum(pauses) <= limit
    made = len(pauses)
    assert not attempted(away)
    assert len(pauses) == made
    assert attempted(lambda: retry(lambda: None, "s3://bucket"))
    assert not attempted(away, last=last)
    assert len(pauses) > made
    assert capsys.readouterr().err == "laminar: the history of this pod cannot be kept: no response\n"


def test_a_worker_forwards_its_report_and_makes_no_further_retry(pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    pod_history.outage.forward = said.append
    assert not attempted(away)
    assert (said, capsys.readouterr().err) == (["no response"], "")
    pod_history.outage.forward = None
    pauses.clear()
    retrying_filesystem._away.clear()  # another process: only the report has reached it
    assert not attempted(away)
    assert pauses == []
