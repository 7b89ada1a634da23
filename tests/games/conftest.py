"""stable-retro, with whose tables and savestates these tests compare."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from copain_gym.games.retro.integration import integrations


@pytest.fixture(scope="session")
def retro_folders() -> dict[str, Path]:
    """The folders of stable-retro's NES integrations."""
    found = integrations()
    if not found and platform.machine() != "x86_64":
        pytest.skip(f"stable-retro has no wheel for {platform.machine()}: nothing was compared")
    assert found, "stable-retro is missing: pip install stable-retro (extra `dev`)"
    return found
