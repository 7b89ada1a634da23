"""Finds the headless engine's sources and builds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from copain_gym.paths import cache_directories, engine_directory, expand_user

__all__ = ["find_headless", "source_key", "was_built"]

EXECUTABLE = "fceux-headless"
# Files of the engine's folder that a build depends on; the rest is documentation.
_SOURCES = ("CMakeLists.txt", "driver/**/*", "core/**/*", "patches/*.patch", "pgo/*")


def source_key(root: Path | None = None) -> str:
    """A fingerprint of the engine's sources: 12 hexadecimal digits.

    Args:
        root: the folder of the sources; None uses `engine_directory`.
    """
    root = root or engine_directory()
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(path for path in root.glob(pattern) if path.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def find_headless() -> Path | None:
    """The executable of the headless engine, or None if it is not built.

    This is the file that `COPAIN_HEADLESS` names, else the newest build of this package's own
    sources. A build of other sources is never used.

    Raises:
        FileNotFoundError: `COPAIN_HEADLESS` is not an executable file.
    """
    named = os.environ.get("COPAIN_HEADLESS")
    if named:
        path = expand_user(named)
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise FileNotFoundError(
                f"COPAIN_HEADLESS is {named!r}, which is not an executable file"
            )
        return path.absolute()
    try:
        builds = _builds(f"{source_key()}-*")
    except FileNotFoundError:
        return None
    return max(builds, key=lambda path: path.stat().st_mtime, default=None)


def was_built() -> bool:
    """Whether there is any build of the headless engine, of these or other sources."""
    return bool(_builds("*"))


def _builds(folders: str) -> list[Path]:
    return [
        build
        for cache in cache_directories()
        for build in (cache / "engine").glob(f"{folders}/{EXECUTABLE}")
    ]
