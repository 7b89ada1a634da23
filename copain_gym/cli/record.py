"""`copain record`: a person plays in FCEUX's window, and the movie of it is written."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from copain_gym.cli.command import Flag, output_file, output_folder, print_json
from copain_gym.errors import CopainError
from copain_gym.games import find_game
from copain_gym.paths import expand_user, install_command
from copain_gym.roms.contents import Region
from copain_gym.roms.store import resolve_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.window import KEYS, record_in_window

__all__ = ["record"]


def record(
    game: str,
    movie: Path,
    /,
    *,
    dataset: Path | None = None,
    author: str = "",
    rom_path: Path | None = None,
    region: Region | None = None,
    mute: Flag = False,
    json: Flag = False,
) -> None:
    """Play in FCEUX's window and write the movie of it when the window is closed.

    FCEUX records from power-on. Pauses leave no trace in the movie. A loaded savestate takes back
    what was played since and counts as a rerecord. Resets are part of the movie.

    Args:
        game: Game to play: a name, a Python file that defines `GAME`, or a folder.
        movie: File for the movie, `.fm2`.
        dataset: Folder for a Minari dataset of the play: observations, actions and rewards of the
            game's environment (needs the package `minari`).
        author: Name of the author in the movie and the dataset.
        rom_path: ROM file. By default the bundled or imported one.
        region: Region of the console. By default that of the ROM.
        mute: Play without sound.
        json: Print one JSON object at the end instead of text.
    """
    found = find_game(game)
    rom = resolve_rom(found, rom_path)
    output_file(movie)
    if dataset is not None:
        for package in ("minari", "h5py"):
            if importlib.util.find_spec(package) is None:
                raise CopainError(f"{package} is missing: {install_command('frameworks')}")
        output_folder(dataset)
    if not json:
        keys = "\n".join(f"  {key:16} {meaning}" for key, meaning in KEYS.items())
        print(f"{found.title}: close the window to end\n{keys}", flush=True)
    played = record_in_window(movie, rom, author=author, region=region, sound=not mute)
    result: dict[str, Any] = {
        "game": found.name,
        "movie": movie,
        "frames": played.frames,
        "rerecords": played.rerecords,
        "resets": int((played.commands != 0).sum()),
        "dataset": None,
    }
    if not json:
        print(f"{movie}: {played.frames} frames, {played.rerecords} rerecords")
    if dataset is not None:
        result["dataset"] = _write_dataset(played, game, dataset, author, rom_path, region)
        if not json:
            facts = result["dataset"]
            print(
                f"{dataset}: dataset {facts['name']}, {facts['episodes']} episodes, "
                f"{facts['steps']} steps"
            )
    if json:
        print_json(result)


def _write_dataset(
    movie: Movie,
    game: str,
    folder: Path,
    author: str,
    rom_path: Path | None,
    region: Region | None,
) -> dict[str, Any]:
    import gymnasium

    from copain_gym.train.minari_dataset import write_dataset
    from copain_gym.train.runs import choose_game

    options: dict[str, Any]
    env_id, options = find_game(game).env_id, {}
    if env_id not in gymnasium.registry:
        env_id, options = choose_game("", game)
    if rom_path is not None:
        options["rom_path"] = str(expand_user(rom_path).absolute())
    if region is not None:
        options["region"] = region
    env = gymnasium.make(env_id, **options)
    try:
        written = write_dataset(movie, env, folder, author=author)
    finally:
        env.close()
    return {
        "name": written.name,
        "folder": written.folder,
        "episodes": len(written.returns),
        "steps": written.steps,
        "returns": written.returns,
    }
