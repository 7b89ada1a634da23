"""Integrations of stable-retro that are damaged or hostile: an error that names them, at once."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from copain_gym import CopainError
from copain_gym.errors import ScriptError
from copain_gym.games.retro.integration import load_integration
from copain_gym.games.retro.scripts import LuaScript

DATA = {"info": {"lives": {"address": 32, "type": "|u1"}, "score": {"address": 33, "type": ">n3"}}}
SCENARIO: dict[str, Any] = {
    "done": {"variables": {"lives": {"op": "zero"}}},
    "reward": {"variables": {"score": {"reward": 1.0, "penalty": 0.5}}},
    "actions": [[[], ["LEFT"]]],
}


def write(folder: Path, scenario: Any, data: Any = DATA) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "data.json").write_text(json.dumps(data))
    (folder / "scenario.json").write_text(json.dumps(scenario))
    return folder


ENDLESS = {
    "a long loop": "for i = 1, 1e18 do end",
    "loops in loops": "for i = 1, 1e6 do for j = 1, 1e6 do end end",
    "a loop of calls": "function g() for i = 1, 1e9 do end end for i = 1, 1e9 do g() end",
    "recursion": "function g() return g() end x = g()",
    "a growing string": "x = 'a' for i = 1, 100 do x = x .. x end",
    "a repeated string": "x = 'a' * 1000000000",
    "a formatted string": "x = '%1000000000d' % 1",
    "brackets": "x = " + "(" * 100_000,
    "a long sum": "x = 1" + " + 1" * 5_000,
    "comments without an end": "--[[\n" * 50_000,
    "a table as a number": "x = math + 1",
    "nothing as a number": "x = nil + 1",
    "no function": "x = 5 y = x()",
    "an unknown variable": "x = data.nothing",
    "a number compared with a string": "x = 1 < 'a'",
    "math without a number": "x = math.max()",
}


@pytest.mark.parametrize("case", ENDLESS)
def test_scripts_that_do_not_end_or_fail(case: str, tmp_path: Path) -> None:
    rules = {"reward": {"script": "lua:reward"}, "scripts": ["reward.lua"]}
    folder = write(tmp_path / "Merle-Nes", rules)
    begun = time.monotonic()
    for source in (ENDLESS[case], f"function reward() {ENDLESS[case]} end"):
        (folder / "reward.lua").write_text(source)
        with pytest.raises(ScriptError, match=f"Merle-Nes's script {folder}/reward.lua"):
            load_integration(folder).scripts["scenario"]()({"lives": 3, "score": 1})
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("source", ["'a'", "true", "math", "data"])
def test_a_reward_that_is_no_number(source: str) -> None:
    script = LuaScript(f"function reward() return {source} end")
    with pytest.raises(CopainError, match="is used as a number"):
        script.call_for_number("reward")


def test_numbers_are_as_large_as_lua_s() -> None:
    script = LuaScript("function big() return 9 ^ 9 ^ 9 ^ 9 end function f(x) return x end")
    assert script.call_for_number("big") == float("inf")
    assert script.call_for_number("f") == 0.0
    assert LuaScript("function f() return 0 ^ -1 end").call("f") == float("inf")


def test_a_fifo_and_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "Merle-Nes", SCENARIO)
    for name in ("scenario.json", "metadata.json", "merle.state"):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)
    with pytest.raises((ValueError, CopainError), match="Merle-Nes"):
        load_integration(folder, scenario="hard")
    with pytest.raises(CopainError, match=r"merle\.state cannot be read: it is not a regular file"):
        load_integration(folder)


VALUES = [None, True, -1, 1 << 70, 1e300, "", "x" * 300, [], {}, [[]], {"x": 1}, ["A"], [[["A"]]]]


def mutated(value: Any, rng: random.Random) -> Any:
    """A copy with one part replaced, removed or renamed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if rng.random() < 0.1:
            return {("op" if k == key else k): v for k, v in value.items()}
        return {k: mutated(v, rng) if k == key else v for k, v in value.items()}
    if isinstance(value, list) and value and rng.random() < 0.6:
        at = rng.randrange(len(value))
        return [mutated(v, rng) if i == at else v for i, v in enumerate(value)]
    return rng.choice(VALUES)


def test_mutated_tables_are_refused_by_name(tmp_path: Path) -> None:
    rng = random.Random(3)
    messages: list[str] = []
    before, after = {"lives": 3, "score": 10}, {"lives": 2, "score": 20}
    for _ in range(600):
        data, scenario = DATA, SCENARIO
        if rng.random() < 0.5:
            data = mutated(data, rng)
        else:
            scenario = mutated(scenario, rng)
        folder = write(tmp_path / "Merle-Nes", scenario, data)
        try:
            made = load_integration(folder)
        except (CopainError, ValueError) as error:
            messages.append(str(error))
            continue
        if {v.name for v in made.variables} >= {"lives", "score"}:
            made.events["done"](before, after)
            made.rewards["scenario"](before, after)
    assert len(messages) > 200
    assert [message for message in messages if "Merle-Nes" not in message] == []
