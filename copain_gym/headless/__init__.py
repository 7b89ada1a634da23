"""The headless engine: where it is found, how it is built and checked."""

from __future__ import annotations

from pathlib import Path

__all__ = ["find_headless"]


def find_headless() -> Path | None:
    """The executable of the headless engine, or None where it is not built."""
    return None
