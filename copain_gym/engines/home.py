"""`Home`: the private directory of one emulator; also removes stale directories."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import stat
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path

from copain_gym.engines import reaper
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError, LimitError

__all__ = ["Home", "remove_stale_homes", "uninterrupted"]

_PREFIX = "copain-"  # the bridge removes only directories whose name begins so
_RAM_DISK = "/dev/shm"
_RAM_DISK_FREE = 16 << 20  # bytes that must be free for another home
_HOME_GROWS = 512 << 10  # bytes; a mailbox with pictures and states grows after the start
_OWNER = "owner"  # file: names the process that made the home; locked while the emulator runs
_SOCKET_PATH = 107  # longest path of a Unix socket in bytes, see unix(7)
_SOCKET_ROOM = len("/copain-12345678/socket")
_SWEEP_SECONDS = 60.0  # shortest time between two searches of a folder for stale homes
_UNKNOWN_SECONDS = 60.0  # a younger home without an owner file may still be being made

_swept: dict[str, float] = {}  # folder → time of the last search for stale homes
_warned: set[str] = set()  # folders that a warning has named
_warning = threading.Lock()
_on_ram_disk: weakref.WeakSet[Home] = weakref.WeakSet()


class Home:
    """A private directory (mode 700), on a RAM disk if there is one with enough space.

    It is removed with this object at the latest. If Python and the emulator are killed together,
    the start of a later emulator removes it.

    Args:
        for_socket: whether a Unix socket will be made in it; the path must then be short.

    Attributes:
        path: the directory.
        lock: descriptor of the locked owner file; the emulator inherits it.

    Raises:
        CopainError: no temporary directory can be written.
        LimitError: this process has too many open files.
    """

    def __init__(self, *, for_socket: bool = False) -> None:
        self.path = _make(for_socket)
        if str(self.path.parent) == _RAM_DISK:
            _on_ram_disk.add(self)
        try:
            self.lock = _lock(self.path)
        except OSError as error:
            _remove(self.path, Owner())
            raise LimitError.from_os_error(error, f"cannot lock {self.path}") from error
        except BaseException:
            _remove(self.path, Owner())
            raise
        self._close_lock = weakref.finalize(self, os.close, self.lock)
        self._finalizer = weakref.finalize(self, _remove, self.path, Owner())

    def hand_over(self) -> None:
        """Close Python's copy of the lock; the emulator keeps its own."""
        self._close_lock()

    def remove(self) -> None:
        """Remove the directory. May be called again."""
        self._close_lock()
        self._finalizer()
        _on_ram_disk.discard(self)


def _make(for_socket: bool) -> Path:
    named = os.environ.get("COPAIN_TMPDIR")
    tried: list[str] = []
    for folder in _folders(named):
        if for_socket and len(os.fsencode(folder)) + _SOCKET_ROOM > _SOCKET_PATH:
            continue
        remove_stale_homes(folder)
        try:
            return _make_in(folder)
        except OSError as error:
            tried.append(f"{folder}: {error.strerror}")
            if folder == named:
                break
    raise CopainError(
        f"cannot make a private directory for the emulator in {'; '.join(tried)}; "
        f"set COPAIN_TMPDIR to a directory with write permission"
    )


def _make_in(folder: str) -> Path:
    """A new directory of a random name; the reaper knows it before it exists."""
    while True:
        home = Path(folder, _PREFIX + secrets.token_hex(4))
        if home.exists():
            continue
        reaper.watch(home)
        try:
            home.mkdir(0o700)
        except BaseException:
            reaper.forget(home)
            raise
        return home


def _folders(named: str | None) -> Iterator[str]:
    """Folders in which homes can be made, best first."""
    if named:
        yield str(Path(named).absolute())
    elif _ram_disk_has_room():
        yield _RAM_DISK
    with contextlib.suppress(FileNotFoundError):  # nothing is writable, or no current directory
        yield tempfile.gettempdir()
    yield from ("/tmp", "/var/tmp", _RAM_DISK)  # short paths, in case the others are too long


def _ram_disk_has_room() -> bool:
    # Homes that are there may not have grown yet.
    needed = max(_RAM_DISK_FREE, (len(_on_ram_disk) + 1) * _HOME_GROWS)
    try:
        there = os.statvfs(_RAM_DISK)
        free = there.f_bavail * there.f_frsize
        if free >= needed and os.access(_RAM_DISK, os.W_OK):
            return True
        lacks = f"has {free >> 20} MiB left, {needed >> 20} MiB are needed"
        if free >= needed:
            lacks = "cannot be written"
    except OSError:
        lacks = "does not exist"
    with _warning:  # emulators are started in several threads
        first = _RAM_DISK not in _warned
        _warned.add(_RAM_DISK)
    if first:
        warnings.warn(
            f"{_RAM_DISK} {lacks}; emulators' files are in the temporary directory, which may be "
            f"slower (set COPAIN_TMPDIR to choose another one)",
            RuntimeWarning,
            stacklevel=2,
        )
    return False


# ---- owner of a home -----------------------------------------------------


def _lock(home: Path) -> int:
    descriptor = os.open(home / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        words = socket.gethostname(), _boot(), str(os.getpid()), _begun(os.getpid())
        os.write(descriptor, " ".join(words).encode())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"


def _begun(pid: int) -> str:
    """Start time of a process, to detect a reused process id; empty if there is no process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def remove_stale_homes(folder: str) -> None:
    """Remove homes whose emulator and Python process have both ended, for instance by a kill.

    Args:
        folder: the folder to search; skipped if it was searched less than a minute ago.
    """
    now = time.monotonic()
    if now - _swept.get(folder, -_SWEEP_SECONDS) < _SWEEP_SECONDS:
        return
    _swept[folder] = now
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                with contextlib.suppress(OSError, ValueError):
                    _remove_if_stale(Path(entry.path))


def _remove_if_stale(home: Path) -> None:
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return
    try:
        descriptor = os.open(home / _OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        if time.time() - status.st_mtime > _UNKNOWN_SECONDS:
            home.rmdir()  # fails if it has files: then another program made it
        return
    try:
        host, boot, pid, begun = os.read(descriptor, 1000).decode().split()
        same_host, same_boot = host == socket.gethostname(), boot == _boot()
        if same_boot:
            if same_host and _begun(int(pid)) == begun:
                return  # its Python still runs and will remove it
            # Python has ended or is in another container. A running emulator holds the lock.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif not same_host:
            return  # another machine's, on a shared disk
        shutil.rmtree(home, ignore_errors=True)
    finally:
        os.close(descriptor)


# ---- removal -------------------------------------------------------------


def _remove(home: Path, owner: Owner) -> None:
    if not owner.is_here:  # a forked child leaves its parent's files alone
        return
    with uninterrupted():
        shutil.rmtree(home, ignore_errors=True)
        if home.exists():  # without a free descriptor Python cannot list a directory
            with contextlib.suppress(OSError):
                pid = os.posix_spawnp("rm", ["rm", "-rf", "--", str(home)], os.environ)
                os.waitpid(pid, 0)
        reaper.forget(home)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the end of a `with` block, so that it cannot interrupt a clean-up.

    Has an effect only in the main thread, as Python interrupts no other.
    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # ignored, or not set from Python
        yield
        return
    noted: list[object] = []
    signal.signal(signal.SIGINT, lambda _, frame: noted.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if noted:
            signal.raise_signal(signal.SIGINT)
