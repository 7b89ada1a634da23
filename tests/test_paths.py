"""Where the user's files are, also where there is no usable home directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym import CopainError
from copain_gym.paths import cache_directories, cache_directory, data_directory, expand_user

SCRIPT = """
from copain_gym import Emulator
from copain_gym.paths import cache_directory, data_directory
with Emulator() as emulator:
    emulator.step(frames=3)
    print(emulator.frame_count)
print(data_directory(), cache_directory())
"""


def clean(**variables: str) -> dict[str, str]:
    """The environment without what names folders, but for `variables`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("XDG_")
        and name not in ("HOME", "COPAIN_DATA_DIR", "COPAIN_CACHE", "COPAIN_HEADLESS")
    }
    return {**kept, **variables}


def check(done: subprocess.CompletedProcess[str], private: Path) -> None:
    """It plays, with a private folder; one warning says so, another that stock FCEUX plays."""
    frames, data, cache = done.stdout.split()
    assert (frames, data, cache) == ("3", f"{private}/data", f"{private}/cache"), done.stderr
    assert private.stat().st_mode & 0o777 == 0o700
    assert done.stderr.count("RuntimeWarning") == 2
    assert f"{private}/cache/engine has none), so the several times slower stock" in done.stderr


def test_user_without_home(tmp_path: Path) -> None:
    command = ["unshare", "--user", "--map-user=54321", sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean(TMPDIR=str(tmp_path)), timeout=60
    )
    check(done, tmp_path / "copain-gym-54321")
    assert "there is no home directory (HOME)" in done.stderr


def test_home_that_cannot_be_written(tmp_path: Path) -> None:
    # below a file, nobody can make a directory, not even root
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env=clean(HOME="/dev/null", TMPDIR=str(tmp_path)),
        timeout=60,
    )
    check(done, tmp_path / f"copain-gym-{os.geteuid()}")
    assert "/dev/null/.cache/copain-gym cannot be written" in done.stderr


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory."""
    for name in set(os.environ) - set(clean()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("copain_gym.paths._warned", False)
    return tmp_path / "user"


@pytest.mark.filterwarnings("error")
def test_folders_of_the_user(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user.mkdir()
    assert data_directory() == user / ".local/share/copain-gym"
    assert cache_directory() == user / ".cache/copain-gym"
    assert cache_directories() == [cache_directory()]
    assert not list(user.iterdir())  # asking makes nothing
    monkeypatch.setenv("XDG_CACHE_HOME", str(user / "xdg"))
    assert cache_directory() == user / "xdg/copain-gym"
    monkeypatch.setenv("COPAIN_DATA_DIR", "~/mine")
    assert data_directory() == user / "mine"


def test_folder_that_can_only_be_read(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in it is used: an image of a container may have brought it."""
    for folder in (".local/share/copain-gym", ".cache/copain-gym"):
        (user / folder).mkdir(parents=True)
    writes = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not mode & os.W_OK and writes(path, mode)
    )  # root may write everywhere
    assert data_directory() == user / ".local/share/copain-gym"
    assert cache_directories()[0] == user / ".cache/copain-gym"
    with pytest.warns(RuntimeWarning, match="cannot be written"):
        assert cache_directory() in cache_directories()[1:]


def test_folder_that_somebody_else_made(user: Path, tmp_path: Path) -> None:
    user.write_text("")
    theirs = tmp_path / f"copain-gym-{os.geteuid()}"
    theirs.mkdir(0o777)
    theirs.chmod(0o777)
    with pytest.raises(CopainError, match="is not a private directory of this user"):
        data_directory()


HOMELESS = """
import sys
import copain_gym
from copain_gym import CopainError, Emulator
from copain_gym.engines.engine import find_fceux
from copain_gym.envs import NesEnv
from copain_gym.files import write_file
from copain_gym.games import find_game
from copain_gym.lua_api.values import to_path
from copain_gym.remote.client import ClientKeys
from copain_gym.roms.store import import_roms
from copain_gym.tas.states import load_state_file
import os

def fceux():
    os.environ["COPAIN_FCEUX"] = "~/fceux"
    try:
        find_fceux()
    finally:
        del os.environ["COPAIN_FCEUX"]

for use in (
    lambda: Emulator("~/g.nes"),
    lambda: NesEnv(rom_path="~/g.nes"),
    lambda: NesEnv(state="~/state"),
    lambda: find_game("~/game.py"),
    lambda: write_file("~/x", b""),
    lambda: to_path("path", "~/x"),
    lambda: ClientKeys.load("~/keys"),
    lambda: list(import_roms(["~/g.nes"])),
    lambda: load_state_file("~/state"),
    fceux,
):
    try:
        use()
    except CopainError as error:
        print(error)
"""


def test_tilde_without_home(tmp_path: Path) -> None:
    command = ["unshare", "--user", "--map-user=54321", sys.executable, "-c", HOMELESS]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean(TMPDIR=str(tmp_path)), timeout=60
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 10, done.stderr
    for line in lines:
        assert "is not known: HOME is not set; write the whole path" in line


def test_tilde_of_nobody() -> None:
    with pytest.raises(CopainError, match=r"'~nobody-here/x' is not known: there is no user"):
        expand_user("~nobody-here/x")


def test_no_other_place_expands_tildes() -> None:
    package = Path(__file__).parents[1] / "copain_gym"
    places = [p.name for p in package.rglob("*.py") if ".expanduser(" in p.read_text()]
    assert places == ["paths.py"]
