"""The command line as a whole: its list, its help, its errors, and what it imports."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym.cli import main as cli
from copain_gym.cli.checks import install_hint, missing_libraries
from copain_gym.cli.docs import command_page, walk
from tests.cli.test_doctor import copain

ROOT = Path(__file__).parents[2]
COPAIN = str(Path(sys.executable).parent / "copain")


def told(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """The one line that a failed command says; it has no traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert lines, done.stdout
    return lines[0]


def shell(
    command: str, *, cwd: Path | None = None, **environment: str | None
) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; None as a variable's value unsets it."""
    everything = {**os.environ, "COPAIN": COPAIN, **environment}
    kept = {name: value for name, value in everything.items() if value is not None}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=cwd, env=kept, timeout=120
    )


# ---- the list ----------------------------------------------------------------


def test_every_command_has_a_help() -> None:
    commands = dict(walk(cli.new_command_line()))
    assert set(commands) == {f"copain {name}" for name in cli.COMMANDS}
    for name, command in commands.items():
        assert command.default_command.__doc__, name


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    assert page == command_page(), "run `python -m copain_gym.cli.docs`"


def test_every_option_is_explained() -> None:
    rows = [line for line in command_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert not [row for row in rows if row.split("|")[2].strip() == ""]


def test_no_other_argument_library() -> None:
    """Commands and scripts for users have one look."""
    for path in [*(ROOT / "copain_gym").rglob("*.py"), *(ROOT / "agents").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names]
                names.append(getattr(node, "module", None) or "")
                assert not {"argparse", "tyro"} & set(names), path


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"], ["train", "--help"], ["x"]])
def test_help_is_quick(words: list[str]) -> None:
    """What takes long to import is not imported; nor is it where a command is misspelt."""
    script = (
        "import sys\n"
        "from copain_gym.cli.main import main\n"
        f"main({words!r})\n"
        "print([m for m in ('torch', 'stable_baselines3', 'matplotlib', 'tensorboard')"
        " if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "script",
    [
        "import copain_gym, gymnasium",
        "import copain_gym.tas; from gymnasium.envs.registration import make; import gymnasium",
        "import gymnasium, copain_gym",
        "from copain_gym.envs import NesEnv; import gymnasium",
        "import copain_gym.envs.registration; import gymnasium",
    ],
)
def test_environments_are_registered_in_any_order_of_imports(script: str) -> None:
    script += "\nprint('copain/Hirondelle-v0' in gymnasium.registry)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


# ---- wrong usage -------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["doctr"], "copain: unknown command 'doctr'; did you mean 'doctor'?"),
        (["state", "sho"], "copain state: unknown command 'sho'; did you mean 'show'?"),
        (["doctor", "--jsn"], "copain doctor: Unknown option: --jsn. Did you mean --json?"),
        (["doctor", "now"], "copain doctor: unexpected argument 'now'"),
        (["random", "--runners", "x"], "copain random: Invalid value for --runners"),
        (["state", "show"], "copain state show: "),
        (["engine", "build", "--jobs", "0"], "copain engine build: Invalid value"),
        (["train", "study", "sarsa"], 'copain train study: Invalid value "sarsa"'),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    said = capsys.readouterr()
    assert said.err.startswith(message)
    assert said.out == ""


@pytest.mark.parametrize("words", [[], ["rom"], ["train"]])
def test_no_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    said = capsys.readouterr()
    assert f"Usage: {' '.join(['copain', *words])} COMMAND" in said.err
    assert said.out == ""


# ---- an unusual environment --------------------------------------------------


@pytest.mark.parametrize("value", ["/nowhere/fceux-headless", "/tmp"])
def test_wrong_headless(value: str) -> None:
    done = copain("doctor", COPAIN_HEADLESS=value)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    (number,) = (n for n, line in enumerate(lines) if "headless engine:" in line)
    assert lines[number].startswith(f"FAIL headless engine: COPAIN_HEADLESS is '{value}'")
    assert "COPAIN_HEADLESS" in lines[number + 1]
    report = json.loads(copain("doctor", "--json", COPAIN_HEADLESS=value).stdout)
    assert report["ok"] is False
    for words in (["engine", "path"], ["random", "--episodes", "1"]):
        done = copain(*words, COPAIN_HEADLESS=value, COPAIN_ENGINE="auto")
        assert f"COPAIN_HEADLESS is '{value}'" in told(done)
    assert "COPAIN_HEADLESS" in told(copain("engine", "check", COPAIN_HEADLESS=value), 2)


@pytest.mark.parametrize("words", ["doctor", "--help", "rom list", "state list"])
def test_current_directory_was_deleted(words: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell(f'rmdir "$PWD" && "$COPAIN" {words}', cwd=gone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_output_into_a_deleted_current_directory(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell('rmdir "$PWD" && "$COPAIN" bench results.json', cwd=gone)
    assert told(done).startswith("copain bench: ")


@pytest.mark.parametrize("words", ["doctor", "rom list", "state list", "engine path"])
def test_no_home(words: str, tmp_path: Path) -> None:
    """A user without HOME and without an entry in the list of users, as in some containers."""
    unset = {"HOME": None, "XDG_DATA_HOME": None, "XDG_CACHE_HOME": None}
    unset |= {"COPAIN_DATA_DIR": None, "COPAIN_CACHE": None}
    done = shell(
        f'unshare --user --map-user=54321 "$COPAIN" {words}', **unset, TMPDIR=str(tmp_path)
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1)
    assert done.stdout or f"copain {words}: " in done.stderr


def test_home_of_nobody() -> None:
    done = shell('"$COPAIN" serve --keys "~no-such-user/keys"')
    assert "home directory" in told(done) or "no-such-user" in told(done)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["demo", "--train-minutes", "0", "--videos", "{file}/videos"], "Not a directory"),
        (["state", "import", "{folder}"], "Is a directory"),
        (["rom", "import", "{file}", "--json"], None),
        (["random", "--rom", "{folder}", "--episodes", "1"], "{folder}"),
        (["serve", "--keys", "{file}"], "{file}"),
        (["bench", "{file}/results.json"], "{file} is not a directory"),
        (["play", "{folder}"], "{folder} is not the folder of a run"),
        (["train", "ppo", "--run", "{file}"], "{file}"),
        (["train", "ppo", "--hyperparameters", "{folder}"], "Is a directory"),
    ],
)
def test_files_and_folders_confused(words: list[str], message: str | None, tmp_path: Path) -> None:
    names = {"file": str(tmp_path / "file"), "folder": str(tmp_path)}
    Path(names["file"]).write_bytes(b"something")
    done = copain(*(word.format(**names) for word in words), COPAIN_DATA_DIR=str(tmp_path))
    if message is None:
        assert done.returncode == 1
        assert json.loads(done.stdout)["counts"] == {"bad": 1}
    else:
        assert message.format(**names) in told(done)


def test_exporting_a_state_to_a_folder(tmp_path: Path) -> None:
    where = {"COPAIN_DATA_DIR": str(tmp_path / "data")}
    assert copain("state", "make", "x", **where).returncode == 0
    done = copain("state", "export", "x", str(tmp_path), **where)
    assert told(done) == f"copain state export: {tmp_path} is a directory; name a file"
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]


@pytest.mark.parametrize(
    "words", ["rom list --all --json", "--help", "random --runners 2", "doctor"]
)
def test_reader_that_ends(words: str) -> None:
    """As `head` does; a command without an end must end, too."""
    done = shell(f'"$COPAIN" {words} | true; exit "${{PIPESTATUS[0]}}"')
    assert done.returncode == 141, done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("warning: ")] == []


# ---- what is not installed ---------------------------------------------------


@pytest.mark.parametrize("words", ["train ppo", "train study --help", "play x", "demo"])
def test_missing_extra(words: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')\n")
    (tmp_path / "stable_baselines3.py").write_text("import torch\n")
    script = (
        "import sys\n"
        "sys.modules['torch'] = None\n"  # so that it is not found
        "from copain_gym.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words.split()], capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert "torch is missing" in said
    checkout = Path(__file__).parents[2]  # which make setup has installed in place
    assert f"pip install -e '{checkout}[train]'" in said


def test_doctor_says_which_package_has_a_missing_library() -> None:
    listing = "\tlibzmq.so.5 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n"
    missing = missing_libraries(listing)
    assert missing == ["libzmq.so.5"]
    assert install_hint(missing) == "install it: apt install libzmq5 (Debian, Ubuntu)"
    assert install_hint(["libodd.so.1"]) == (
        "install the packages of your system that have libodd.so.1"
    )


# ---- completion --------------------------------------------------------------


def completed(line: str, script: Path) -> list[str]:
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    done = shell(
        f'source "{script}"; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; '
        f"COMP_LINE='{line}'; COMP_POINT={len(line)}; "
        'function_name=$(complete -p copain | sed "s/.*-F \\([^ ]*\\).*/\\1/"); '
        '$function_name copain; printf "%s\\n" "${COMPREPLY[@]}"',
        PATH=f"{Path(COPAIN).parent}:{os.environ['PATH']}",
    )
    return [word.strip() for word in done.stdout.splitlines()]


def test_completion_in_bash(tmp_path: Path) -> None:
    script = tmp_path / "copain"
    script.write_text(copain("completion", "bash").stdout)
    assert "doctor" in completed("copain doc", script)
    assert {"import", "list"} <= set(completed("copain rom ", script))
    assert "--json" in completed("copain doctor --j", script)
    assert "headless" in completed("copain train ppo --engine ", script)


@pytest.mark.parametrize("shell_name", ["zsh", "fish"])
def test_completion_for_other_shells(shell_name: str) -> None:
    done = copain("completion", shell_name)
    assert done.returncode == 0
    assert "brute-force" in done.stdout
