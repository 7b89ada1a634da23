"""Private directories: where they are made, and that none stays behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from copain_gym.engines import home as homes
from copain_gym.engines.home import Home, remove_stale_homes
from tests.conftest import wait_until
from tests.emulator.test_full_disk import NAMESPACE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for homes."""
    made = tmp_path / "homes"
    made.mkdir()
    return made


def run(
    script: str, folder: Path | None, seconds: float = 60, shell: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python, after a shell's commands, with homes in `folder`."""
    there = {**os.environ, **environment}
    if "COPAIN_TMPDIR" not in environment:
        there.pop("COPAIN_TMPDIR", None)
    if folder is not None:
        there["COPAIN_TMPDIR"] = str(folder)
    command = [sys.executable, "-c", textwrap.dedent(script)]
    if shell:
        command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=there)


# ---- too few descriptors -------------------------------------------------


@pytest.mark.parametrize("transport", ["zmq", "shm"])
@pytest.mark.parametrize("limit", [40, 128])
def test_too_few_descriptors(engine: str, transport: str, limit: int, folder: Path) -> None:
    script = f"""
        from copain_gym import LimitError
        from copain_gym.vector import NesVectorEnv
        envs = NesVectorEnv(
            num_envs=60, lanes_per_process=1, engine={engine!r}, transport={transport!r}
        )
        try:
            envs.reset()
        except LimitError as error:
            print(error)
        envs.close()
    """
    done = run(script, folder, shell=f"ulimit -n {limit}")
    if transport == "shm" and limit == 128 and not done.stdout:
        assert done.returncode == 0, done.stderr  # a mailbox needs one: there is room for 60
    else:
        assert f"of {limit} are in use (`ulimit -n` sets this limit" in done.stdout, done.stderr
    assert not list(folder.iterdir())


def test_single_emulators_up_to_the_limit(engine: str, folder: Path) -> None:
    """Each takes some until there are too few for another one; those that run go on."""
    script = f"""
        from copain_gym import Emulator, LimitError
        emulators = []
        try:
            while True:
                emulators.append(Emulator(engine={engine!r}))
        except LimitError as error:
            print(error)
        for emulator in emulators:
            emulator.step(frames=3)
            emulator.save_state().to_bytes()
        print(len(emulators), "play")
        emulators.pop().close()
        emulators.append(Emulator(engine={engine!r}))
        print("another one")
    """
    done = run(script, folder, shell="ulimit -n 48")
    assert "of 48 are in use" in done.stdout, done.stderr
    assert done.stdout.endswith("play\nanother one\n"), done.stderr
    assert not list(folder.iterdir())


def test_end_without_a_free_descriptor(folder: Path) -> None:
    """The home is removed although Python cannot list it."""
    script = """
        import os
        from copain_gym.engines.home import Home
        home = Home()
        home.hand_over()
        (home.path / ".fceux" / "movies").mkdir(parents=True)
        try:
            while True:
                os.dup(0)
        except OSError:
            pass
        home.remove()
        print(home.path.exists())
        os._exit(0)
    """
    done = run(script, folder, shell="ulimit -n 64")
    assert done.returncode == 0, done.stderr
    assert not list(folder.iterdir())


# ---- where they are made -------------------------------------------------


def test_deleted_current_directory(engine: str, folder: Path, tmp_path: Path) -> None:
    script = f"""
        from copain_gym import Emulator
        with Emulator(engine={engine!r}) as emulator:
            emulator.step(frames=3)
            print(emulator.frame_count, emulator.run_lua("return 7"))
    """
    gone = tmp_path / "gone"
    done = run(script, folder, shell=f"mkdir {gone} && cd {gone} && rmdir {gone}")
    assert done.stdout == "3 7\n", done.stderr
    assert not list(folder.iterdir())


@pytest.mark.parametrize("variable", ["COPAIN_TMPDIR", "TMPDIR"])
@pytest.mark.parametrize("transport", ["zmq", "shm"])
def test_long_temporary_directory(
    engine: str, transport: str, variable: str, tmp_path: Path
) -> None:
    """The path of a Unix socket has 107 bytes at most; a shorter folder is found."""
    long = tmp_path / ("d" * 100) / ("e" * 100)
    long.mkdir(parents=True)
    script = f"""
        import os
        from copain_gym import Emulator
        with Emulator(engine={engine!r}, transport={transport!r}) as emulator:
            emulator.step(frames=3)
            home = emulator._client.process.home
            print(emulator.frame_count, oct(home.stat().st_mode & 0o777), home)
        print(home.exists())
    """
    done = run(script, None, **{variable: str(long)})
    frames, mode, home, left = done.stdout.split()
    assert (frames, mode, left) == ("3", "0o700", "False"), done.stderr
    if transport == "shm" and variable == "COPAIN_TMPDIR":
        assert home.startswith(str(long))  # no socket: as it was asked for


@pytest.mark.parametrize("ram_disk", ["small", "none"])
def test_no_room_on_the_ram_disk(
    ram_disk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary directory is taken, and that is said once."""
    other = tmp_path / "disk"
    if ram_disk == "small":
        other.mkdir()
        room = os.statvfs("/dev/shm").f_bavail * os.statvfs("/dev/shm").f_frsize
        monkeypatch.setattr(homes, "_RAM_DISK_FREE", room * 2)
        other = Path("/dev/shm")
    monkeypatch.setattr(homes, "_RAM_DISK", str(other))
    monkeypatch.setattr(homes, "_warned", set())
    monkeypatch.delenv("COPAIN_TMPDIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = "MiB left" if ram_disk == "small" else "does not exist"
    with pytest.warns(RuntimeWarning, match=said) as caught:
        made = [Home() for _ in range(3)]
    assert len(caught) == 1
    assert all(home.path.parent == tmp_path for home in made)
    for home in made:
        home.remove()


@pytest.mark.skipif(NAMESPACE is None, reason="no mount namespace may be made here")
@pytest.mark.parametrize(("ram_disk", "transport"), [("small", "shm"), ("read-only", "zmq")])
def test_64_emulators_beside_a_ram_disk_as_containers_have_it(
    ram_disk: str, transport: str, folder: Path
) -> None:
    """8 MB, or one that cannot be written: another folder is taken, and that is said once."""
    assert NAMESPACE is not None
    script = f"""
        import os, sys
        import numpy as np
        from copain_gym.vector import NesVectorEnv
        envs = NesVectorEnv(num_envs=64, transport={transport!r}, obs_type="grayscale")
        envs.reset(seed=1)
        for _ in range(3):
            envs.step(np.ones(64, np.int64))
        lanes = envs._pool._workers
        print(sorted({{str(lane.emulator._client.process.home.parent) for lane in lanes}}))
        print(sum(lane.replaced for lane in lanes), len(os.listdir("/dev/shm")))
        envs.close()
    """
    options = "size=8m" if ram_disk == "small" else "ro"
    command = f'mount -t tmpfs -o {options} none /dev/shm && exec "$@"'
    there = {**os.environ, "TMPDIR": str(folder)}
    there.pop("COPAIN_TMPDIR", None)
    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", command, "sh", sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        env=there,
    )
    assert done.stdout == f"['{folder}']\n0 0\n", done.stderr
    said = "has 8 MiB left, 16 MiB are needed" if ram_disk == "small" else "cannot be written"
    assert done.stderr.count(said) == done.stderr.count("RuntimeWarning") == 1, done.stderr
    assert not list(folder.iterdir())


def test_room_for_homes_that_have_not_grown_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many emulators on a RAM disk of the size that containers have: none fails later."""
    monkeypatch.setattr(homes, "_warned", {"/dev/shm"})
    monkeypatch.setattr(homes, "_on_ram_disk", set(range(63)))
    room = 40 << 20
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=room, f_frsize=1))
    assert homes._ram_disk_has_room()  # for 64
    monkeypatch.setattr(homes, "_on_ram_disk", set(range(80)))
    assert not homes._ram_disk_has_room()  # for 81


# ---- what stays behind ---------------------------------------------------


@pytest.mark.parametrize("transport", ["zmq", "shm"])
def test_two_interrupts_in_a_row(engine: str, transport: str, folder: Path) -> None:
    """A second Ctrl-C does not keep the first one's clean-up from its end."""
    script = f"""
        from copain_gym.vector import NesVectorEnv
        import numpy as np
        envs = NesVectorEnv(num_envs=3, engine={engine!r}, transport={transport!r})
        envs.reset()
        print("plays", flush=True)
        while True:
            envs.step(np.zeros(3, np.int64))
    """
    draws = random.Random(1)
    for _ in range(8):
        playing = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "COPAIN_TMPDIR": str(folder)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert playing.stdout is not None
        assert playing.stdout.readline() == "plays\n"
        playing.send_signal(signal.SIGINT)
        time.sleep(draws.uniform(0, 0.03))
        playing.send_signal(signal.SIGINT)
        playing.wait(20)
        playing.stdout.close()
        assert wait_until(lambda: not list(folder.iterdir()), 2)


# Ends the reaper of a Python process, which would clean up after it.
KILL_REAPER = """
        import pathlib, time
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            name, environment = entry / "comm", entry / "environ"
            try:
                ours = os.environ["COPAIN_TMPDIR"].encode() in environment.read_bytes()
                if ours and name.read_text() == "copain_reaper\\n":
                    os.kill(int(entry.name), signal.SIGKILL)
                    while environment.read_bytes():  # until it has ended
                        time.sleep(0.01)
            except OSError:
                pass
"""


def killed_together(engine: str, folder: Path) -> None:
    script = f"""
        import os, signal
        from copain_gym import Emulator
        emulators = [Emulator(engine={engine!r}) for _ in range(2)]
        {KILL_REAPER.strip()}
        for emulator in emulators:
            os.kill(emulator.pid, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run(script, folder).returncode == -signal.SIGKILL


def test_the_next_start_removes_what_was_left(engine: str, folder: Path) -> None:
    """Python, its reaper and its emulators were killed together: nobody could."""
    killed_together(engine, folder)
    assert len(list(folder.iterdir())) == 2
    script = f"""
        from copain_gym import Emulator
        with Emulator(engine={engine!r}) as emulator:
            emulator.step()
    """
    assert run(script, folder).returncode == 0
    assert not list(folder.iterdir())


def test_homes_in_use_are_left_alone(engine: str, folder: Path) -> None:
    """Python has one open, or has died while its emulator has not noticed yet."""
    mine = _home(folder)
    script = f"""
        import os, signal
        from copain_gym import Emulator
        emulator = Emulator(engine={engine!r})
        {KILL_REAPER.strip()}
        os.kill(emulator.pid, signal.SIGSTOP)
        print(emulator.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    pid = int(run(script, folder).stdout)
    before = sorted(folder.iterdir())
    assert len(before) == 2
    sweep(folder)
    assert sorted(folder.iterdir()) == before
    os.kill(pid, signal.SIGKILL)

    def swept() -> bool:
        sweep(folder)
        return list(folder.iterdir()) == [mine.path]

    assert wait_until(swept, 5)
    mine.remove()
    assert not list(folder.iterdir())


def test_what_is_not_ours_is_left_alone(folder: Path) -> None:
    """Files of the same name, links, homes that are being made, other machines' homes."""
    (folder / "copain-file").write_text("")
    (folder / "else").mkdir()
    (folder / "copain-link").symlink_to(folder / "else")
    (folder / "copain-new").mkdir()
    (folder / "copain-full").mkdir()
    (folder / "copain-full" / "notes").write_text("")
    os.utime(folder / "copain-full", (0, 0))
    for name, words in (("copain-far", "elsewhere boot 1 1"), ("copain-odd", "?")):
        (folder / name).mkdir()
        (folder / name / "owner").write_text(words)
    before = sorted(folder.iterdir())
    sweep(folder)
    assert sorted(folder.iterdir()) == before
    os.utime(folder / "copain-new", (0, 0))  # it was never finished
    sweep(folder)
    assert (folder / "copain-new") not in list(folder.iterdir())


def test_home_of_another_user_is_left_alone(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("this test makes a home of another user's, which only root can")
    there = folder / "copain-other"
    there.mkdir()
    (there / "owner").write_text(f"{os.uname().nodename} {homes._boot()} 999999999 1")
    os.chown(there, 12345, 12345)
    sweep(folder)
    assert there.exists()
    os.chown(there, 0, 0)
    sweep(folder)
    assert not there.exists()


def test_home_goes_with_its_object(folder: Path) -> None:
    made = _home(folder)
    descriptor = made.lock
    del made
    assert not list(folder.iterdir())
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def _home(folder: Path) -> Home:
    before = os.environ.get("COPAIN_TMPDIR")
    os.environ["COPAIN_TMPDIR"] = str(folder)
    try:
        return Home()
    finally:
        os.environ.pop("COPAIN_TMPDIR")
        if before is not None:
            os.environ["COPAIN_TMPDIR"] = before


def sweep(folder: Path) -> None:
    homes._swept.clear()
    remove_stale_homes(str(folder))
