"""The headless engine: where it is found, how it is built and checked."""

from __future__ import annotations

from copain_gym.engines.headless.locations import find_headless, was_built

__all__ = ["find_headless", "was_built"]
