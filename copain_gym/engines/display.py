"""Whether there is a display on which FCEUX can show its window."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from copain_gym.errors import DisplayError

__all__ = ["check_display", "why_no_display"]

_SECONDS = 2.0  # a display on another machine that does not answer by then is not there
_QT_PLATFORMS = ("", "xcb", "wayland")  # others, such as vnc, bring a display of their own


def check_display() -> None:
    """Check that there is a display.

    Raises:
        DisplayError: there is none; the message says why, and what to do.
    """
    why = why_no_display()
    if why is not None:
        raise DisplayError(
            f"FCEUX's window needs a display, and none was found: {why}. Without a display, use "
            f"render_mode='rgb_array' and render(), or Emulator.screen(); or start the program by "
            f"`xvfb-run`, or connect by `ssh -X`"
        )


def why_no_display() -> str | None:
    """Why no window can be shown; None where there is a display."""
    platform = re.split("[:;-]", os.environ.get("QT_QPA_PLATFORM", ""))[0]
    if platform not in _QT_PLATFORMS or _wayland_answers():
        return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "DISPLAY is not set"
    found = re.fullmatch(r"(?:unix|tcp)?/?(?P<host>[^/]*):(?P<number>\d+)(?:\.\d+)?", display)
    if found is None:
        return f"DISPLAY is {display!r}, which names no display"
    number = int(found["number"])
    path = f"/tmp/.X11-unix/X{number}"
    addresses = [(socket.AF_UNIX, "\0" + path), (socket.AF_UNIX, path)]
    if found["host"] or display.startswith("tcp/"):
        return _why_no_host(display, found["host"] or "localhost", 6000 + number)
    if any(_connects(family, address) for family, address in addresses):
        return None
    return f"DISPLAY is {display!r}, where no display answers"


def _why_no_host(display: str, host: str, port: int) -> str | None:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except (OSError, OverflowError) as error:
        return f"DISPLAY is {display!r}, where no display answers ({error})"
    return None


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not name or not (folder or name.startswith("/")):
        return False
    return _connects(socket.AF_UNIX, str(Path(folder, name)))


def _connects(family: int, address: str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True
