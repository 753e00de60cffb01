"""Settings of where and when a flow runs."""

from __future__ import annotations

import copy
import pickle

import pytest

from laminar.configurations.schedulers import Argo, Schedule, Scheduler


@pytest.mark.parametrize(
    ("given", "schedules"),
    [
        (None, ()),
        ((), ()),
        ("0 3 * * *", ("0 3 * * *",)),
        (["0 3 * * *", "@daily"], ("0 3 * * *", "@daily")),
        (("@daily",), ("@daily",)),
    ],
)
def test_a_schedule_is_one_cron_expression_or_several(given, schedules):
    assert Argo(given).schedules == schedules
    assert Argo(schedule=given).settings == Schedule(schedules)


def test_each_setting_is_read_by_its_name():
    values = {
        "timezone": "Europe/Berlin",
        "concurrency_policy": "Forbid",
        "suspend": True,
        "starting_deadline": 10,
        "successful_history": 2,
        "failed_history": 3,
    }
    argo = Argo("@daily", **values)
    assert {name: getattr(argo, name) for name in values} == values
    assert vars(argo.settings) == {"schedules": ("@daily",), **values}


def test_what_is_not_given_is_left_to_argo():
    argo = Argo()
    unset = ("timezone", "concurrency_policy", "starting_deadline", "successful_history", "failed_history")
    assert [getattr(argo, name) for name in unset] == [None] * 5
    assert argo.suspend is False


@pytest.mark.parametrize("name", ["cron", "_private", "__missing__"])
def test_a_setting_that_does_not_exist_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=name):
        getattr(Argo(), name)


@pytest.mark.parametrize("carry", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_settings_are_copied_and_pickled(carry):
    assert carry(Argo("@daily", suspend=True)).settings == Schedule(("@daily",), suspend=True)


def test_on_this_machine_argo_runs_a_flow_as_the_local_scheduler_does():
    assert isinstance(Argo(), Scheduler) and Argo.run is Scheduler.run
