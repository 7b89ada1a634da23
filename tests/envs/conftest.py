"""Environments of the bundled game, closed at the end of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from copain_gym.envs import NesEnv


@pytest.fixture(autouse=True)
def data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of ROMs and states of the test's own."""
    monkeypatch.setenv("COPAIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("COPAIN_ROM_PATH", raising=False)
    return tmp_path / "data"


@pytest.fixture
def make(engine: str) -> Iterator[Callable[..., NesEnv]]:
    """Makes environments with either engine."""
    made: list[NesEnv] = []

    def make_env(**options: Any) -> NesEnv:
        env = NesEnv(**{"engine": engine, **options})
        made.append(env)
        return env

    yield make_env
    for env in made:
        env.close()
