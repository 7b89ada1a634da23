"""Reads and writes the user's files: writes are atomic, reads are limited, names are checked.

`check_name` checks every name that comes from a file, an archive or an option before it becomes
part of a path.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from copain_gym.errors import FileError
from copain_gym.paths import expand_user

__all__ = [
    "append_to_file",
    "check_name",
    "is_name",
    "printable",
    "read_file",
    "write_atomically",
    "write_file",
]

_LONGEST_NAME = 100  # characters; a suffix may follow, and file systems allow 255 bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TITLE = re.compile(r"[^\W_](?:[\w .,!'&+()\[\]-]*[\w!)\]])?")


def is_name(name: object, *, title: bool = False) -> bool:
    """Whether a name may be part of a path; see `check_name`."""
    pattern = _TITLE if title else _NAME
    return (
        isinstance(name, str) and len(name) <= _LONGEST_NAME and pattern.fullmatch(name) is not None
    )


def check_name(what: str, name: object, *, title: bool = False) -> str:
    """Check a name before it becomes part of a path, so that it cannot lead to another folder.

    Args:
        what: description of the name, for the message.
        name: the name.
        title: whether to allow letters of all languages, spaces and some punctuation, too, as
            in names of folders.

    Returns:
        The name.

    Raises:
        ValueError: the name is not allowed; the message says what is.

    Examples:
        >>> check_name("the state's name", "stage2.boss")
        'stage2.boss'
    """
    if is_name(name, title=title):
        return str(name)
    more = ", spaces and any of .,!'&+()[]_-" if title else ", '.', '_' and '-'"
    raise ValueError(
        f"{what} {_short(name)} is not allowed; allowed are letters, digits{more}, "
        f"a letter or digit first, at most {_LONGEST_NAME} characters"
    )


def _short(value: object) -> str:
    text = repr(value[:_LONGEST_NAME] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 2 * _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def printable(text: str) -> str:
    r"""Escape a text's control characters, which a terminal would obey.

    Examples:
        >>> printable("a" + chr(27) + "[2J")
        'a\\x1b[2J'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def read_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """Read a whole file.

    Args:
        path: the file.
        limit: largest allowed size in bytes.

    Raises:
        FileError: the file is missing, unreadable, too large, or not a regular file (a pipe could
            make the reader wait forever). The message begins with the reason and has no path.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FileError("it is not a regular file")
            data = file.read(limit + 1) if status.st_size <= limit else b""
            if status.st_size > limit or len(data) > limit:
                size = max(status.st_size, len(data))
                raise FileError(f"it has {size} bytes; {limit} are allowed")
            return data
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FileError(getattr(error, "strerror", None) or str(error)) from error


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def write_file(path: str | os.PathLike[str], data: bytes | str, *, private: bool = False) -> Path:
    """Write a file atomically: no reader ever sees a partly written file.

    Args:
        path: the file; missing parent folders are made.
        data: its content; a str is written as UTF-8.
        private: whether only the owner may read the file.

    Returns:
        The path.

    Raises:
        FileError: the file cannot be written; the message has its path, size and the reason. A
            file that was there before is unchanged.
    """
    content = data.encode() if isinstance(data, str) else data

    def write(temporary: Path) -> None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600 if private else 0o666)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)

    return write_atomically(path, write, size=len(content))


def write_atomically(
    path: str | os.PathLike[str], write: Callable[[Path], object], size: int | None = None
) -> Path:
    """Write a file atomically with a function that writes to a path.

    Args:
        path: the file; missing parent folders are made.
        write: called with a temporary path of the same suffix; it writes the file there.
        size: size of the file in bytes, for the error message.

    Returns:
        The path.

    Raises:
        FileError: see `write_file`.
    """
    target = expand_user(path)
    folder = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Use a temporary folder, as some writers make further files next to the path.
        folder = tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent)
        temporary = Path(folder.name) / f"part{target.suffix}"
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, RuntimeError) as error:  # PyTorch's writer raises RuntimeError
        much = "" if size is None else f" of {size} bytes"
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"the file {target}{much} cannot be written: {reason}") from error
    finally:
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.cleanup()
    return target


def append_to_file(path: str | os.PathLike[str], text: str) -> None:
    """Append to a file; if that fails, the file keeps its former content.

    Args:
        path: the file; it is made if it is missing.
        text: the text to append, as UTF-8.

    Raises:
        FileError: the text cannot be written; the message has the path, size and the reason.
    """
    content = text.encode()
    try:
        with open(path, "ab", buffering=0) as file:  # noqa: PTH123 - as `read_file`
            before = file.tell()
            try:
                left = memoryview(content)
                while left:  # after a short write, the next one raises the reason
                    left = left[file.write(left) or 0 :]
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise FileError(
            f"the file {path}: {len(content)} bytes cannot be appended: {error.strerror}"
        ) from error
