"""The headless engine: finding, building and checking it."""

from __future__ import annotations

from copain_gym.engines.headless.locations import find_headless, was_built

__all__ = ["find_headless", "was_built"]
