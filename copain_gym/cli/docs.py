"""Writes docs/commands.md from the definitions of the commands: `python -m copain_gym.cli.docs`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App, Argument

from copain_gym.cli.command import DEFAULTS, named_default
from copain_gym.cli.main import GROUPS, new_command_line

__all__ = ["command_page", "walk"]

_HEAD = """\
<!-- Written by `python -m copain_gym.cli.docs`; a test compares it with the commands. -->

# Commands

`copain` is the command line of the package. `copain --help` lists the commands, and
`copain COMMAND --help` explains one of them. The scripts in `agents/` take the same options as the
commands that run them: `python agents/ppo.py` and `copain train ppo` are the same program.

## Exit statuses

| status | meaning |
|---|---|
| 0 | success |
| 1 | an error, or the answer is no: a check failed, a search did not reach the end |
| 2 | the command line is wrong, nothing was done |
| 130 | interrupted by Ctrl-C |
| 141 | the program that read the output has ended, as `head` does |

`copain engine check` also ends with 2 if the check could not be made.

An error is one line on stderr that begins with the command. A Python traceback is a bug of the
package: please report it, with the output of `copain doctor --json`.

## Output for programs

With `--json` a command prints one JSON object on stdout and nothing else; progress and warnings go
to stderr. The exit status is the same. A progress bar is only shown in a terminal, not in files
and pipes.

These commands have it: {json}.

## Completion in a shell

`copain completion SHELL` prints a script that completes commands, options and their choices.

| shell | set-up |
|---|---|
| bash | `copain completion bash > ~/.local/share/bash-completion/completions/copain` |
| zsh | `copain completion zsh > DIRECTORY/_copain`, with a directory of your `fpath` |
| fish | `copain completion fish > ~/.config/fish/completions/copain.fish` |

Then start a new shell.

## Extras

`copain train`, `copain baseline` and `copain play` need the extra `train`:
`pip install 'copain-gym[train]'`, or in a checkout `pip install -e '.[train]'`. `copain demo` needs
it, too; with `--train-minutes 0` it needs the extra `video` only, as do `copain movie render` and
`copain movie report`. `copain bench` measures other
packages if the extra `bench` is installed.

"""


def walk(app: App, name: str = "copain") -> Iterator[tuple[str, App]]:
    """All commands with their full names."""
    for word in sorted(app):
        if word.startswith("-"):
            continue
        command = app[word]
        if command.default_command is None:
            yield from walk(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def command_page() -> str:
    """The text of docs/commands.md."""
    commands = dict(walk(new_command_line()))
    with_json = [
        name
        for name, command in commands.items()
        if any("--json" in argument.names for argument in _arguments(command))
    ]
    parts = [_HEAD.format(json=", ".join(f"`{name}`" for name in with_json))]
    group = ""
    for name, command in commands.items():
        first = name.split()[1]
        if first in GROUPS and first != group:
            parts.append(f"## copain {first}\n\n{GROUPS[first]}\n\n")
        group = first
        parts.append(_section(name, command, "###" if first in GROUPS else "##"))
    return "".join(parts).rstrip() + "\n"


def _arguments(command: App) -> list[Argument]:
    collection = command.assemble_argument_collection(
        default_parameter=DEFAULTS, parse_docstring=True
    )
    return [argument for argument in collection if argument.parse and argument.show]


def _section(name: str, command: App, heading: str) -> str:
    arguments = _arguments(command)
    by_place = [argument for argument in arguments if argument.index is not None]
    words = [name, *map(_place, by_place)]
    if len(arguments) > len(by_place):
        words.append("[OPTIONS]")
    assert command.default_command is not None
    text = inspect.getdoc(command.default_command) or ""
    text = text.partition("\nArgs:")[0].strip()
    rows = "".join(f"| {_spelled(a)} | {_meaning(a)} |\n" for a in arguments)
    table = f"| option | meaning |\n|---|---|\n{rows}\n" if rows else ""
    return f"{heading} {name}\n\n`{' '.join(words)}`\n\n{text}\n\n{table}"


def _place(argument: Argument) -> str:
    """A positional argument, as usage lines show it."""
    several = "..." if argument.token_count()[1] else ""
    word = f"{_title(argument)}{several}"
    return word if argument.required else f"[{word}]"


def _title(argument: Argument) -> str:
    return str(argument.field_info.name).replace("_", "-").upper()


def _spelled(argument: Argument) -> str:
    """How an argument is written, as code."""
    positive = [name for name in argument.names if name not in argument.negatives]
    options = [name for name in positive if name.startswith("-")]
    if argument.index is not None:
        return f"`{_title(argument)}`"
    return ", ".join(f"`{name}`" for name in (*options, *argument.negatives))


def _meaning(argument: Argument) -> str:
    text = " ".join((argument.parameter.help or "").split())
    choices = argument.get_choices()
    if choices:
        text += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    default = None if argument.required else named_default(argument.field_info.default)
    return f"{text} Default: `{default}`." if default else text


if __name__ == "__main__":
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    page.write_text(command_page())
