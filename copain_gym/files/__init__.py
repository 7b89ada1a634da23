"""Files of the user: written whole or not at all, read within limits, named by safe names.

Every name that comes from a file, an archive or an option and becomes part of a path goes through
`check_name`.
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
    """Whether something may be a part of a path: see `check_name`."""
    pattern = _TITLE if title else _NAME
    return (
        isinstance(name, str) and len(name) <= _LONGEST_NAME and pattern.fullmatch(name) is not None
    )


def check_name(what: str, name: object, *, title: bool = False) -> str:
    """Check a name that becomes part of a path, so that it can lead nowhere else.

    Args:
        what: what messages call it.
        name: the name.
        title: whether letters of all languages, spaces and some punctuation are allowed, too, as
            the names of folders have them.

    Returns:
        The name.

    Raises:
        ValueError: it is not allowed; it says what is.

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
    r"""A text of a file's, with escapes for what a terminal would act on.

    Examples:
        >>> printable("a" + chr(27) + "[2J")
        'a\\x1b[2J'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def read_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """Read a whole file.

    Args:
        path: the file.
        limit: how many bytes it may have.

    Raises:
        FileError: it is missing, unreadable, too large, or no regular file (a pipe could make the
            reader wait for ever); the message begins with the reason and has no path.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FileError("it is no regular file")
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
    """Write a file whole or not at all: its name never leads to a part of it.

    Args:
        path: the file; folders above it are made.
        data: its content; a text is written as UTF-8.
        private: whether only its owner may read it.

    Returns:
        The path.

    Raises:
        FileError: it cannot be written; it names the file, the size and the reason. What was there
            before still is.
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
    """Write a file by a function, so that its name always leads to a complete one.

    Args:
        path: the file; folders above it are made.
        write: writes it to the path that it gets, which has the same suffix.
        size: bytes that it will have, for the message.

    Returns:
        The path.

    Raises:
        FileError: as `write_file`.
    """
    target = expand_user(path)
    folder = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own, for some writers choose names beside the one that they get.
        folder = tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent)
        temporary = Path(folder.name) / f"part{target.suffix}"
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, RuntimeError) as error:  # PyTorch's writer raises the latter
        much = "" if size is None else f" of {size} bytes"
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"the file {target}{much} cannot be written: {reason}") from error
    finally:
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.cleanup()
    return target


def append_to_file(path: str | os.PathLike[str], text: str) -> None:
    """Append to a file, all or nothing.

    Args:
        path: the file; it is made where it is missing.
        text: what to append, as UTF-8.

    Raises:
        FileError: it cannot be written; it names the file, the size and the reason.
    """
    content = text.encode()
    try:
        with open(path, "ab", buffering=0) as file:  # noqa: PTH123 - as `read_file`
            before = file.tell()
            try:
                left = memoryview(content)
                while left:  # a short write is followed by one that says why
                    left = left[file.write(left) or 0 :]
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise FileError(
            f"the file {path}: {len(content)} bytes cannot be appended: {error.strerror}"
        ) from error
