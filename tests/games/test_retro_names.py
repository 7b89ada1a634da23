"""Names in the files of an integration: none leads out of its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copain_gym.envs.start import check_state
from copain_gym.games.retro import integration as retro
from copain_gym.games.retro.integration import load_integration

DATA = {"info": {"score": {"address": 16, "type": "|u1"}}}


def integration(folder: Path, **files: Any) -> Path:
    folder.mkdir()
    for name, content in {"data": DATA, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder.parent / "secret.lua").write_text("error('read')")
    (folder.parent / "secret.state").write_bytes(b"")
    return folder


@pytest.mark.parametrize("name", ["../secret.lua", "/etc/hostname", "..", "a/b", 7, None, [], "\0"])
def test_scripts(tmp_path: Path, name: object) -> None:
    rules = {"reward": {"script": "lua:reward"}, "scripts": [name]}
    folder = integration(tmp_path / "Merle-Nes", scenario=rules)
    with pytest.raises(ValueError, match=r"Merle-Nes: the name of a script .* is not allowed"):
        load_integration(folder)


@pytest.mark.parametrize("name", ["../secret", "/secret", 7, ["x"]])
def test_default_state(tmp_path: Path, name: object) -> None:
    folder = integration(tmp_path / "Merle-Nes", metadata={"default_state": name})
    with pytest.raises(ValueError, match=r"name of the default state .* is not allowed"):
        load_integration(folder)


def test_scenarios_states_and_folders(tmp_path: Path) -> None:
    folder = integration(tmp_path / "Merle (France)-Nes")
    game = load_integration(folder)
    assert game.name == "Merle-France--Nes"
    with pytest.raises(ValueError, match=r"name of the scenario '\.\./x' is not allowed"):
        load_integration(folder, scenario="../x")
    with pytest.raises(ValueError, match=r"state is '\.\./secret'; allowed are"):
        check_state(game, "../secret")
    with pytest.raises(ValueError, match=r"name of the integration '\.hidden' is not allowed"):
        load_integration(integration(tmp_path / ".hidden"))


def test_hashes_of_roms(tmp_path: Path) -> None:
    folder = integration(tmp_path / "Merle-Nes")
    (folder / "rom.sha").write_text("../../../../x\n\n" + "A" * 40 + " merle.nes\n")
    assert [rom.sha1 for rom in retro._roms(folder)] == ["a" * 40]
