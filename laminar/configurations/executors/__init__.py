"""Run splits: in threads, in processes, in containers of this machine."""

from laminar.configurations.executors.base import Executor
from laminar.configurations.executors.docker import Docker
from laminar.configurations.executors.process import Process
from laminar.configurations.executors.thread import Thread

__all__ = ["Docker", "Executor", "Process", "Thread"]
