"""stable-retro's integrations: all load, and decode and pay as stable-retro's own code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copain_gym.games import find_game
from copain_gym.games.reader import Reader
from copain_gym.games.retro.integration import (
    find_integration,
    integrations,
    known_roms,
    load_integration,
)
from copain_gym.paths import bundled_rom
from tests.games.fceumm import ask

ALL = integrations()
SEQUENCE = 12  # RAM images in a row


@pytest.fixture(autouse=True)
def installed(retro_folders: dict[str, Path]) -> None:
    """Fails, or skips with the reason, where there is no stable-retro."""


def test_all_stable_integrations_are_found() -> None:
    assert len([p for p in ALL.values() if p.parent.name == "stable"]) == 298


def images() -> tuple[list[bytes], list[bytes]]:
    """RAM and cartridge RAM in which some bytes change from one to the next."""
    rng = np.random.default_rng(7)
    ram = rng.integers(0, 256, 2048, dtype=np.uint8)
    sram = rng.integers(0, 256, 0x2000, dtype=np.uint8)
    rams, srams = [], []
    for k in range(SEQUENCE):
        changed = rng.random(2048) < 0.5
        ram = np.where(changed, rng.integers(0, 256, 2048, dtype=np.uint8), ram)
        if k % 3 == 2:  # zeros, for operators that look for them
            ram = np.where(rng.random(2048) < 0.5, 0, ram).astype(np.uint8)
        sram = np.where(rng.random(0x2000) < 0.5, rng.integers(0, 256, 0x2000), sram)
        sram = sram.astype(np.uint8)
        rams.append(ram.tobytes())
        srams.append(sram.tobytes())
    return rams, srams


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What stable-retro itself makes of the images, by integration."""
    rams, srams = images()
    return ask(
        tmp_path_factory.mktemp("retro"),
        what="decode",
        rom=str(bundled_rom()),
        images=[r.hex() for r in rams],
        sram=[s.hex() for s in srams],
        with_sram=[name for name in ALL if load_integration(ALL[name]).memory],
        integrations={name: str(folder) for name, folder in ALL.items()},
    )


def batch(game: Any) -> np.ndarray:
    rams, srams = images()
    rows = []
    for ram, sram in zip(rams, srams, strict=True):
        parts = [ram, *(sram[a - 0x6000 :][:length] for a, length in game.memory)]
        rows.append(np.frombuffer(b"".join(parts), np.uint8))
    return np.stack(rows)


@pytest.mark.parametrize("name", ALL)
def test_values_are_stable_retros_own(name: str, theirs: dict[str, Any]) -> None:
    game = load_integration(ALL[name])
    values = game.decode(batch(game))
    for k, (expected, _, _) in enumerate(theirs[name]):
        assert {n: int(values[n][k]) for n in values} == expected


@pytest.mark.parametrize("name", ALL)
def test_reward_and_end_are_stable_retros_own(name: str, theirs: dict[str, Any]) -> None:
    game = load_integration(ALL[name])
    rows = [game.decode(image) for image in batch(game)]
    script = game.scripts["scenario"]() if game.scripts else None
    if script:
        script(rows[0])
    for k in range(1, SEQUENCE):
        before, after = rows[k - 1], rows[k]
        _, reward, done = theirs[name][k]
        worth = script(after) if script else game.rewards["scenario"](before, after)
        assert float(worth) == pytest.approx(reward, rel=1e-6)
        assert bool(game.events["done"](before, after)) == done


def test_every_term_of_an_integration_works_in_a_batch() -> None:
    for name in ALL:
        game = load_integration(ALL[name])
        rows = game.decode(batch(game))
        for change in (*game.rewards.values(), *game.events.values()):
            assert np.broadcast_to(change(rows, rows), (SEQUENCE,)).shape == (SEQUENCE,)
        reader = Reader(batch(game), game.decoder, {}, [], game.feature_table)
        reader.read()
        features = reader.features()
        assert features.shape == (SEQUENCE, len(game.variables))
        assert features.min(initial=0) >= 0
        assert features.max(initial=0) <= 1


def test_names_need_no_version_and_no_capitals() -> None:
    assert find_integration("SuperMarioBros-Nes") == find_integration("SuperMarioBros-Nes-v0")
    assert find_integration("supermariobros-nes").name == "SuperMarioBros-Nes-v0"


def test_a_stable_integration_comes_before_an_experimental_one() -> None:
    assert find_integration("BadDudes-Nes").parent.name == "stable"
    assert find_integration(ALL["BadDudes-Nes"]).parent.name == "experimental"


def test_roms_are_known_by_their_hash() -> None:
    assert len(known_roms()) >= 298
    assert all(len(rom.sha1) == 40 for rom in known_roms())
    gradius = load_integration("Gradius-Nes").roms[0]
    assert gradius.sha1 == find_game("gradius").roms[0].sha1


# ---- errors ------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.json").write_text(
        json.dumps({"info": {"lives": {"address": 32, "type": "|u1"}}})
    )
    (tmp_path / "scenario.json").write_text(
        json.dumps({"done": {"variables": {"lives": {"op": "zero"}}}})
    )
    return tmp_path


def write(folder: Path, file: str, content: Any) -> None:
    (folder / file).write_text(json.dumps(content))


def test_a_folder_of_the_users_own(folder: Path) -> None:
    game = find_game(folder)
    assert [v.name for v in game.variables] == ["lives"]
    assert set(game.endings) == {"game_over", "life"}


def test_an_unknown_name_lists_similar_ones() -> None:
    with pytest.raises(ValueError, match=r"'SuperMarioBro-Nes'.*SuperMarioBros-Nes-v0"):
        find_game("SuperMarioBro-Nes")


def test_a_folder_without_data(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not an integration: it has no data\.json"):
        find_game(tmp_path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"address": 32, "type": "|f4"}, "variable 'x': type or key '|f4' is not known"),
        ({"address": 32, "type": "|u1", "op": 1}, "type or key 'op' is not known"),
        ({"address": 0x800, "type": "|u1"}, "address '0x800' is not known"),
        ({"address": 0x7FF, "type": "<u2"}, "address '0x7ff' is not known"),
        ({"address": 32, "type": "<u5"}, "type '<u5' is not known"),
    ],
)
def test_unknown_variables(folder: Path, entry: dict[str, Any], message: str) -> None:
    write(folder, "data.json", {"info": {"x": entry}})
    with pytest.raises(ValueError, match=message.replace("|", "\\|")):
        load_integration(folder)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ({"done": {"variables": {"lives": {"op": "prime"}}}}, "operator 'prime'"),
        ({"done": {"variables": {"score": {"op": "zero"}}}}, "variable 'score'"),
        ({"done": {"condition": "most"}}, "condition 'most'"),
        ({"done": {"script": "lua:f"}}, "key of done 'script'"),
        ({"reward": {"time": 1}}, "key of the reward 'time'"),
        ({"reward": {"script": "py:f"}}, "script 'py:f'"),
        ({"rewards": []}, "scenario key 'rewards'"),
        (
            {"reward": {"variables": {"lives": {"measurement": "mean"}}}},
            "measurement 'mean'",
        ),
    ],
)
def test_unknown_scenarios(folder: Path, scenario: dict[str, Any], message: str) -> None:
    write(folder, "scenario.json", scenario)
    with pytest.raises(ValueError, match=message):
        load_integration(folder)


def test_broken_json_names_the_file(folder: Path) -> None:
    (folder / "scenario.json").write_text("{")
    with pytest.raises(ValueError, match=r"scenario\.json is not valid JSON"):
        load_integration(folder)


def test_another_scenario(folder: Path) -> None:
    write(folder, "scenario_easy.json", {"done": {"variables": {"lives": {"op": "nonzero"}}}})
    easy = load_integration(folder, scenario="scenario_easy")
    values = easy.decode(np.zeros(2048, np.uint8))
    assert not easy.events["done"](values, values)
    with pytest.raises(ValueError, match="scenarios are scenario, scenario_easy"):
        load_integration(folder, scenario="hard")
    with pytest.raises(ValueError, match="hirondelle has none"):
        find_game("hirondelle", scenario="easy")
