"""Starts and game states: stages, names, files, inputs from power-on, the command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from copain_gym.cli import main as cli
from copain_gym.emulator import Emulator
from copain_gym.envs import NesEnv
from copain_gym.errors import StateError
from copain_gym.tas.inputs import Hold, InputLog, Poke
from copain_gym.tas.states import (
    GameState,
    find_state,
    list_states,
    load_state_file,
    remove_state,
    store_state,
    verify_state,
)

Make = Callable[..., NesEnv]


@pytest.mark.parametrize("stage", [1, 2, 3])
@pytest.mark.parametrize("checkpoint", [None, 1, 2, 3, 4, 5])
def test_every_stage_and_checkpoint(make: Make, stage: int, checkpoint: int | None) -> None:
    name = f"stage{stage}" + (f"/checkpoint{checkpoint}" if checkpoint else "")
    env = make(state=name)
    _, info = env.reset()
    assert (info["stage"], info["checkpoint"]) == (stage - 1, (checkpoint or 1) - 1)
    assert (info["lives"], info["score"], info["mode"]) == (3, 0, 5)
    assert env.game.is_("playing", env.emulator.ram)
    if checkpoint in (None, 1):
        assert info["scroll"] < 16
    else:
        assert info["scroll"] > 100
    assert not env.step(0)[2]


def test_one_episode_elsewhere(make: Make) -> None:
    env = make()
    assert env.reset(options={"state": "stage2"})[1]["stage"] == 1
    assert env.reset()[1]["stage"] == 0


def play(env: NesEnv, steps: int = 80) -> GameState:
    env.reset(seed=3)
    for action in np.random.default_rng(3).integers(0, 9, steps):
        env.step(action)
    return env.save_state("some way in")


def test_a_state_remembers_the_inputs_from_power_on(make: Make) -> None:
    env = make(noop_max=30, frame_skip=(2, 6))
    state = play(env)
    assert state.inputs.pure
    assert state.inputs.frames == env.emulator.frame_count
    with Emulator(env.emulator.rom.path, engine=env.emulator.engine) as fresh:
        state.inputs.replay(fresh)
        assert (fresh.ram == env.emulator.ram).all()


def test_a_stage_start_remembers_that_ram_was_written(make: Make) -> None:
    env = make(state="stage3/checkpoint2")
    state = play(env)
    assert not state.inputs.pure
    assert [e for e in state.inputs if isinstance(e, Poke)] == [Poke(0x19, 2), Poke(0x24, 1)]
    assert verify_state(state, env.emulator.rom.path)


def test_an_episode_from_a_state_goes_on_with_its_inputs(make: Make) -> None:
    env = make()
    state = play(env)
    env.reset(options={"state": state})
    for _ in range(10):
        env.step(2)
    later = env.save_state()
    assert later.inputs.frames == state.inputs.frames + 40
    assert verify_state(later, env.emulator.rom.path)


def test_verification_finds_a_wrong_story(make: Make) -> None:
    env = make()
    state = play(env)
    wrong = dataclasses.replace(state, inputs=InputLog([*state.inputs, Hold(1, ())]))
    assert not verify_state(wrong, env.emulator.rom.path)
    foreign = dataclasses.replace(state, rom_md5="0" * 32)
    with pytest.raises(StateError, match="to the ROM with MD5 0000"):
        verify_state(foreign, env.emulator.rom.path)
    unknown = dataclasses.replace(state, inputs=InputLog(None))
    with pytest.raises(ValueError, match="not known"):
        verify_state(unknown, env.emulator.rom.path)


def test_names_files_and_bytes_begin_episodes_alike(make: Make, tmp_path: Path) -> None:
    env = make(obs_type="ram")
    state = play(env)
    expected = env.emulator.ram.copy()
    store_state(state, "canyon")
    file = state.save(tmp_path / "canyon.state")
    bare = tmp_path / "bare"
    bare.write_bytes(state.state)
    ways = ["canyon", str(file), file, state.to_bytes(), state.state, state, bare]
    for way in ways:
        observation, _ = make(obs_type="ram", state=way).reset()
        assert (observation == expected).all()
        observation, _ = env.reset(options={"state": way})
        assert (observation == expected).all()


def test_the_store(make: Make) -> None:
    state = play(make())
    store_state(state, "b")
    store_state(state, "a.1")
    assert [name for _, name, _ in list_states("hirondelle")] == ["a.1", "b"]
    assert list_states("gradius") == []
    found = find_state("hirondelle", "b")
    assert found is not None
    assert (found.name, found.note, found.ram_sha1) == ("b", "some way in", state.ram_sha1)
    assert list(found.inputs) == list(state.inputs)
    with pytest.raises(ValueError, match="hirondelle has a state 'b' already"):
        store_state(state, "b")
    store_state(state, "b", replace=True)
    remove_state("hirondelle", "b")
    with pytest.raises(ValueError, match=r"hirondelle has no state 'b'; its states are a\.1"):
        remove_state("hirondelle", "b")
    for name in ("", "../x", "a/b", ".hidden", "ä"):
        with pytest.raises(ValueError, match="not allowed"):
            store_state(state, name)


def test_damaged_states(make: Make, tmp_path: Path) -> None:
    env = make()
    data = play(env).to_bytes()
    cases = {
        b"": "it begins with b''",
        b"nothing of the kind": "it begins with b'nothing '",
        data[:-20]: "is damaged",
        data[:8] + b"\0\0\0\0" + data[12:]: "wrong checksum",
    }
    for content, message in cases.items():
        file = tmp_path / "x.state"
        file.write_bytes(content)
        with pytest.raises(StateError, match=message):
            load_state_file(file)
        with pytest.raises(StateError, match=r"x\.state"):
            make(state=file).reset()
    with pytest.raises(StateError, match="cannot be read"):
        load_state_file(tmp_path / "missing")
    env.reset()  # the emulator is usable afterwards


def test_a_state_of_another_rom_is_refused(make: Make, pads_rom: Path) -> None:
    with Emulator(pads_rom) as other:
        foreign = other.save_state().to_bytes()
    env = make(state=foreign)
    with pytest.raises(StateError, match="of the ROM with MD5"):
        env.reset()
    assert env.reset(options={"state": "start"})[1]["lives"] == 3


def test_a_bare_savestate_has_no_known_inputs(make: Make) -> None:
    env = make()
    state = play(env)
    env.reset(options={"state": state.state})
    env.step(0)
    assert env.inputs.snapshot() is None
    assert not env.inputs.pure
    with pytest.raises(ValueError, match="not known"):
        env.inputs.replay(env.emulator)


# ---- copain state ------------------------------------------------------


def copain(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> tuple[int, str]:
    status = cli.main(words)
    return status, capsys.readouterr().out


def test_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, engine: str, make: Make
) -> None:
    def run(*words: str) -> tuple[int, str]:
        return copain(capsys, ("state", *words))

    assert run("list")[1].startswith("no states")
    made = run(
        *("make", "deep", "--from", "stage2/checkpoint3", "--frames", "30"),
        *("--note", "in the cave", "--engine", engine),
    )
    assert made[0] == 0
    assert "and 2 writes into RAM" in made[1]
    assert "hirondelle  deep" in run("list")[1]
    assert "in the cave" in run("list", "--game", "hirondelle")[1]
    shown = run("show", "deep")[1]
    for part in ("game     hirondelle", "MD5", "frames of inputs from power-on", "in the cave"):
        assert part in shown
    assert run("verify", "deep", "--engine", engine) == (0, "deep: the inputs lead to it\n")
    facts = json.loads(run("show", "deep", "--json")[1])
    assert (facts["name"], facts["ram_writes"], facts["note"]) == ("deep", 2, "in the cave")
    assert json.loads(run("list", "--json")[1])["states"] == [facts]
    verified = json.loads(run("verify", "deep", "--json", "--engine", engine)[1])
    assert verified == {**facts, "verified": True}
    file = tmp_path / "shared.state"
    assert run("export", "deep", str(file))[0] == 0
    assert run("remove", "deep")[0] == 0
    assert run("import", str(file))[1].startswith("hirondelle deep:")
    assert run("import", str(file), "--name", "again")[0] == 0
    assert [name for _, name, _ in list_states()] == ["again", "deep"]
    assert make(state="again").reset()[1]["checkpoint"] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "nothing"], "no state 'nothing' of hirondelle; states are none"),
        (["make", "a/b"], "'a/b' is not allowed"),
        (["make", "x", "--from", "stage9"], "'stage9'; allowed are start"),
        (["make", "x", "--frames", "-1"], "--frames is -1"),
        (["make", "x", "--game", "gradius"], "copain rom import"),
        (["import", "missing.state"], "cannot be read"),
        (["remove", "nothing"], "no state 'nothing'"),
    ],
)
def test_what_the_command_refuses(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert cli.main(["state", *words]) == 1
    assert message in capsys.readouterr().err
