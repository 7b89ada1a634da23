"""The `copain` command, and the table of all its subcommands.

A command is imported when it is called, so that `copain --help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import metadata

from cyclopts import App

from copain_gym.cli.command import new_app, run_app

__all__ = ["COMMANDS", "GROUPS", "main", "new_command_line"]

GROUPS = {
    "rom": "Import ROMs into the store and list them.",
    "state": "List, make, share and verify named game states.",
    "movie": "Show, verify, compare, render, convert, cut and join movies (FM2, BizHawk's .bk2).",
    "ram": "Find variables in RAM, and the instructions that write them.",
    "search": "Search for runs: the fewest frames, the most points, no death.",
    "engine": "Build, check and find the headless engine.",
    "train": "Train an agent (needs the extra `train`).",
    "baseline": "Score players that do not learn (needs the extra `train`).",
}
"""Commands that have subcommands, and their purpose."""

COMMANDS = {
    "doctor": ("doctor:doctor", "Check that everything the package needs works."),
    "demo": ("demo:demo", "Search a perfect run, play the bundled game at random, train an agent."),
    "rom import": ("rom:rom_import", "Recognise ROMs by their content and copy them to the store."),
    "rom list": ("rom:rom_list", "List the games and the ROM that each of them has."),
    "state list": ("state:state_list", "List named states."),
    "state show": ("state:state_show", "Show what is known about a state."),
    "state make": ("state:state_make", "Play to a start and save a state there."),
    "state export": ("state:state_export", "Write a state to a file, to share it."),
    "state import": ("state:state_import", "Add states from files to the store."),
    "state verify": ("state:state_verify", "Replay a state's inputs from power-on and compare."),
    "state remove": ("state:state_remove", "Remove a named state."),
    "movie info": ("movie:movie_info", "Show what a movie says, and count its inputs."),
    "movie convert": ("movie:movie_convert", "Convert a movie: FM2 text, FM2 binary, .bk2."),
    "movie cut": ("movie:movie_cut", "Write a part of a movie."),
    "movie join": ("movie:movie_join", "Write several movies as one."),
    "movie verify": (
        "movie_replay:movie_verify",
        "Replay a movie in stock FCEUX and compare what it leads to.",
    ),
    "movie compare": (
        "movie_replay:movie_compare",
        "Find the first frame in which two replays part.",
    ),
    "movie render": ("movie_show:movie_render", "Play a movie and write its video."),
    "movie report": ("movie_show:movie_report", "Play a movie and write a page about it."),
    "ram search": ("ram:ram_search", "Find a variable by what happened to it in a movie."),
    "ram writes": ("ram:ram_writes", "Find the instructions that write to an address."),
    "engine build": ("engine:engine_build", "Build the headless engine."),
    "engine check": ("engine:engine_check", "Compare the headless engine with stock FCEUX."),
    "engine path": ("engine:engine_path", "Print the path of the headless engine."),
    "serve": ("serve:serve", "Start emulators for clients on other machines."),
    "bench": ("bench:bench", "Measure the speed and compare it with other packages."),
    "random": ("random:random", "Press random buttons in several emulators at once."),
    "search init": ("search:search_init", "Write an example of a problem file for a game."),
    "search run": ("search:search_run", "Search for a run that solves a problem."),
    "search report": ("search_show:search_report", "Write a page about a search and its best run."),
    "search watch": ("search_show:search_watch", "Show the best run of a search."),
    "brute-force": ("brute_force:brute_force", "Search for a way to the end of the game."),
    "train ppo": ("train:ppo", "Train PPO of Stable-Baselines3."),
    "train dqn": ("train:dqn", "Train DQN of Stable-Baselines3."),
    "train q-learning": ("train:q_learning", "Train the package's own Q-learning agent."),
    "train study": ("train:study", "Train agents from several seeds and plot how they learn."),
    "baseline random": ("train:random_agent", "Score a random player, as a baseline for agents."),
    "play": ("train:play", "Let a trained agent play, in a window or for a video or movies."),
    "record": ("record:record", "Play in FCEUX's window and write the movie of it."),
    "completion": ("completion:completion", "Print a script that completes commands in a shell."),
}
"""Commands: the place of the function, below `copain_gym.cli`, and its purpose."""

_RENAMED = {("train", "random"): ("baseline", "random")}
"""Commands that were renamed: old name → new name."""


def new_command_line() -> App:
    """The `copain` command with all its subcommands."""
    app = new_app(
        "copain",
        "Play, learn and speedrun NES games in real FCEUX emulators.",
        version=lambda: metadata.version("copain-gym"),
        version_flags=["--version"],
    )
    groups = {name: new_app(name, help) for name, help in GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for name, (place, help) in COMMANDS.items():
        group_name, _, last = name.rpartition(" ")
        group = groups[group_name] if group_name else app
        group.command(f"copain_gym.cli.{place}", name=last, help=help)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words after `copain`; None means those of this process.

    Returns:
        The exit status, see `copain_gym.cli.command.Exit`.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    old = tuple(words[:2])
    if old in _RENAMED:
        new = _RENAMED[old]
        words[:2] = new
        print(f"'copain {' '.join(old)}' is now 'copain {' '.join(new)}'", file=sys.stderr)
    return run_app(new_command_line(), words)


if __name__ == "__main__":
    sys.exit(main())
