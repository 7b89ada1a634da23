"""Code that all commands share: their definition, handling of errors, and exit statuses.

A command is a function whose parameters are its options and whose docstring is its help. It
returns its exit status; None means `Exit.SUCCESS`.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar, get_type_hints

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError, UnusedCliTokensError

from copain_gym.errors import CopainError
from copain_gym.paths import install_command

__all__ = [
    "DEFAULTS",
    "Exit",
    "Flag",
    "Options",
    "command_of",
    "missing_package",
    "named_default",
    "new_app",
    "output_file",
    "output_folder",
    "print_json",
    "run_app",
    "run_script",
]

T = TypeVar("T")

Options = Parameter(name="*")
"""Marks a parameter that is a dataclass: each of its fields is an option."""

Flag = Annotated[bool, Parameter(negative="")]
"""An option without a value; there is no `--no-…` for it."""

_EXTRAS = {
    "train": (
        *("imageio_ffmpeg", "matplotlib", "stable_baselines3", "tensorboard", "torch", "tqdm"),
        "yaml",
    ),
    "video": ("imageio_ffmpeg", "tqdm"),
}


class Exit(IntEnum):
    """Exit statuses of all commands."""

    SUCCESS = 0
    FAILURE = 1
    """An error, or the answer of the command is no."""
    USAGE = 2
    """The command line is wrong; nothing was done."""
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """The program that read the output has ended, as `head` does."""


# ---- definition ----------------------------------------------------------


def _shown(default: Any) -> str:
    """A default as a user would type it."""
    if isinstance(default, (tuple, list)):
        return " ".join(
            ",".join(map(str, item)) if isinstance(item, tuple) else str(item) for item in default
        )
    if isinstance(default, bool):
        return "yes" if default else "no"
    return str(default)


def named_default(default: Any) -> str | None:
    """The default as the help shows it; None if there is nothing to show."""
    return _shown(default) if default not in (None, (), "", False) else None


DEFAULTS = Parameter(consume_multiple=True, negative_iterable="", show_default=named_default)
"""Settings of all options: they accept `--seeds 1 2 3`, and there is no `--empty-seeds`."""


def new_app(name: str, help: str, **more: Any) -> App:
    """An application or a group of commands, with the settings that all of them share.

    Args:
        name: its name.
        help: its purpose, in one line.
        more: further arguments of `cyclopts.App`.
    """
    return App(
        name=name,
        help=help,
        default_parameter=DEFAULTS,
        suppress_keyboard_interrupt=False,
        **{"version_flags": (), **more},
    )


def command_of(function: Callable[[T], object]) -> Callable[..., object]:
    """Make a command from a function that takes one dataclass, whose fields are the options.

    Fields before `dataclasses.KW_ONLY` can also be given by position. The help consists of the
    function's docstring and the text under each field.
    """
    (arguments,) = (kind for name, kind in get_type_hints(function).items() if name != "return")

    def command(arguments: Any) -> object:
        return function(arguments)

    # The fields of a base class have names of its own module in their annotations.
    hints = get_type_hints(arguments, include_extras=True)
    for name in arguments.__init__.__annotations__.keys() - {"return"}:
        arguments.__init__.__annotations__[name] = hints[name]
    command.__annotations__ = {"arguments": Annotated[arguments, Options], "return": object}
    command.__doc__ = function.__doc__
    with contextlib.suppress(TypeError):  # one of the fields is required
        command.__defaults__ = (arguments(),)
    return command


# ---- output --------------------------------------------------------------


def print_json(content: object) -> None:
    """Print one JSON object, for `--json`."""
    print(json.dumps(content, indent=2, default=_plain), flush=True)


def _plain(value: Any) -> object:
    """What JSON has for a value: numbers for NumPy's, a string for all others."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def output_folder(path: Path) -> Path:
    """Check, before the work begins, that files can be written into a folder, and make it.

    Raises:
        CopainError: it cannot.
    """
    path.mkdir(parents=True, exist_ok=True)
    try:
        # Only trying says it: rights, a full disk, a file system that is mounted to be read.
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"0")
            file.flush()
    except OSError as error:
        raise CopainError(f"{path} cannot be written: {error.strerror}") from error
    return path


def output_file(path: Path) -> Path:
    """Check, before the work begins, that a file can be written, and make its folder.

    Raises:
        CopainError: the file cannot be written.
    """
    path.absolute()  # raises an error if the current directory was deleted
    if path.is_dir():
        raise CopainError(f"{path} is a directory; name a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CopainError(f"{path} cannot be written")
    return path


# ---- running -------------------------------------------------------------


def run_script(function: Callable[[T], object], words: Sequence[str] | None = None) -> int:
    """Run a function of one dataclass as the command line of a script.

    Args:
        function: see `command_of`.
        words: the arguments of the command line; None means those of this process.

    Returns:
        The exit status.
    """
    app = new_app(Path(sys.argv[0]).name, "", default_command=command_of(function))
    return run_app(app, words)


def run_app(app: App, words: Sequence[str] | None = None) -> int:
    """Run a command line. Errors that the user can correct are one line, without a traceback.

    Args:
        app: the application.
        words: the arguments of the command line; None means those of this process.

    Returns:
        The exit status, see `Exit`.
    """
    words = sys.argv[1:] if words is None else list(words)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            status = _run(app, words)
            sys.stdout.flush()
        except BrokenPipeError:
            status = Exit.BROKEN_PIPE
        except KeyboardInterrupt as interrupt:
            _say(app, words, str(interrupt) or "interrupted")
            status = Exit.INTERRUPTED
    if status == Exit.BROKEN_PIPE:
        # Python flushes again when it exits, and would report the same error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status)


def _run(app: App, words: list[str]) -> int:
    try:
        _, apps, rest = app.parse_commands(words)
        if apps[-1].default_command is None and not rest:
            app.help_print(words, console=app.error_console)
            return Exit.USAGE
        for part in apps:
            _use_docstring(part)
        status = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except UnknownCommandError as error:
        _say(app, words, _unknown(apps[-1], str((error.unused_tokens or [""])[0])))
        return Exit.USAGE
    except UnusedCliTokensError as error:
        _say(app, words, f"unexpected argument {(error.unused_tokens or [''])[0]!r}")
        return Exit.USAGE
    except CycloptsError as error:
        _say(app, words, f"{error}\nTry '{_name(app, words)} --help'.")
        return Exit.USAGE
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # while it printed the help
            return Exit.BROKEN_PIPE
        raise
    except Exception as error:
        if any(isinstance(cause, BrokenPipeError) for cause in _causes(error)):
            return Exit.BROKEN_PIPE
        message = _message(error)
        if message is None:
            raise
        _say(app, words, message)
        return Exit.FAILURE
    return Exit.SUCCESS if status is None else int(status)


def _use_docstring(app: App) -> None:
    """Use a command's whole docstring as its help, not its line in the list of commands."""
    if app.default_command is not None:
        app.help = None


def _unknown(app: App, word: str) -> str:
    # Not the library's own message, which would import all commands.
    names = sorted(name for name in app if not name.startswith("-"))
    close = difflib.get_close_matches(word, names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"commands are {', '.join(names)}"
    return f"unknown command {word!r}; {hint}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _message(error: Exception) -> str | None:
    """The message for the user; None if the error is a bug of the program."""
    if isinstance(error, ModuleNotFoundError):
        return missing_package(error)
    if isinstance(error, (CopainError, ValueError)) or _of_gymnasium(error):
        return str(error)
    if isinstance(error, OSError):
        return _file_error(error)
    if isinstance(error, RuntimeError) and "home directory" in str(error):
        return f"{error} Set HOME, or name folders by COPAIN_DATA_DIR and COPAIN_CACHE."
    return None


def missing_package(error: ModuleNotFoundError) -> str | None:
    """How to install a missing module; None if no extra has it."""
    name = str(error.name).partition(".")[0]
    for extra, modules in _EXTRAS.items():
        if name in modules:
            return f"{name} is missing. Install the extra {extra!r}: {install_command(extra)}"
    return None


def _of_gymnasium(error: Exception) -> bool:
    # Gymnasium is not imported for this: its errors exist only after it was imported.
    gymnasium = sys.modules.get("gymnasium.error")
    return gymnasium is not None and isinstance(error, gymnasium.Error)


def _file_error(error: OSError) -> str:
    if error.strerror is None:
        return str(error)
    if isinstance(error, FileExistsError):  # raised by mkdir
        return f"{error.filename} is not a directory"
    if error.filename is None and isinstance(error, FileNotFoundError) and not _here():
        return "the current directory was deleted; change to another one"
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


def _here() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _name(app: App, words: list[str]) -> str:
    """The command as the user typed it, for instance `copain state show`."""
    try:
        chain, _, _ = app.parse_commands(words)
    except (CycloptsError, ImportError):
        chain = ()
    return " ".join((app.name[0], *chain))


def _say(app: App, words: list[str], message: str) -> None:
    print(f"{_name(app, words)}: {message}", file=sys.stderr)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning without the source line that it comes from."""
    print(f"warning: {message}", file=file or sys.stderr)
