"""Environments in a notebook: a cell that is interrupted leaves a kernel that can go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.conftest import wait_until

SINGLE = """
import gymnasium, copain_gym
env = gymnasium.make("copain/Hirondelle-v0")
env.reset(seed=1)
"""
POOL = """
import numpy as np
from copain_gym.vector import NesVectorEnv
env = NesVectorEnv(num_envs=3)
env.reset(seed=1)
"""
PLAY = """
print("playing", flush=True)
while True:
    _, _, terminated, truncated, _ = env.step({action})
    if np.any(terminated | truncated):
        env.reset()
"""


class Notebook:
    """A kernel with a folder of its own for the private homes of its emulators."""

    def __init__(self, homes: Path) -> None:
        self.homes = homes
        self.manager = KernelManager(transport="ipc", ip=str(homes.parent / "kernel"))
        self.manager.start_kernel(env={**os.environ, "COPAIN_TMPDIR": str(homes)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def begin(self, cell: str) -> str:
        """Run a cell until it prints something; return the id of the request."""
        request = self.client.execute(cell)
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == "stream":
                return request

    def run(self, cell: str) -> str:
        """Run a cell; return its status, or the name of its error."""
        content = self.client.execute(cell, reply=True, timeout=60)["content"]
        return content.get("ename", content["status"])

    def status_of(self, request: str) -> str:
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"]["msg_id"] == request:
                return reply["content"].get("ename", reply["content"]["status"])

    def close(self) -> None:
        if self.manager.has_kernel:
            self.client.stop_channels()
            self.manager.shutdown_kernel()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    homes = tmp_path / "homes"
    homes.mkdir()
    made = Notebook(homes)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("make", "action"), [(SINGLE, "0"), (POOL, "np.zeros(3, np.int64)")], ids=["single", "pool"]
)
def test_an_interrupted_cell(notebook: Notebook, make: str, action: str) -> None:
    """The environment plays on after a reset, and nothing is left when the kernel ends."""
    assert notebook.run(make + "\nimport numpy as np") == "ok"
    for _ in range(5):
        request = notebook.begin(PLAY.format(action=action))
        time.sleep(0.3)
        notebook.manager.interrupt_kernel()
        assert notebook.status_of(request) == "KeyboardInterrupt"
        assert notebook.run("env.reset(seed=1)") == "ok"
        assert notebook.run(f"env.step({action})") == "ok"
    homes = list(notebook.homes.iterdir())
    assert len(homes) == (1 if make is SINGLE else 3)
    notebook.close()
    assert wait_until(empty(notebook.homes), 10), list(notebook.homes.iterdir())


def empty(folder: Path) -> Callable[[], bool]:
    return lambda: not any(folder.iterdir())
