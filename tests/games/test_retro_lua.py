"""The Lua of reward scripts."""

from __future__ import annotations

import pytest

from copain_gym.games.retro.scripts import LuaScript


def run(source: str, **data: int) -> object:
    script = LuaScript(f"function f()\n{source}\nend")
    script.data = data
    return script.call("f")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("10 - 4 - 3", 3),
        ("7 / 2", 3.5),
        ("-7 % 3", 2),
        ("1 / 0", float("inf")),
        ("0x10", 16),
        ("1.5e1", 15.0),
        ("3 > 2 and 1 or 2", 1),
        ("nil and 1 or 2", 2),
        ("0 and 1", 1),  # 0 is true
        ("not nil", True),
        ("1 ~= 2 == true", True),
        ("'a' .. 1 .. \"b\"", "a1b"),
        ("math.max(1, math.floor(2.5))", 2),
        ("data.x - 1", 4),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    assert run(f"return {expression}", x=5) == value


@pytest.mark.parametrize(
    ("x", "value"),
    [(1, "one"), (2, "two"), (3, "many")],
)
def test_conditionals(x: int, value: str) -> None:
    source = """
    if data.x == 1 then return 'one'
    elseif data.x == 2 then return 'two'
    else return 'many' end
    """
    assert run(source, x=x) == value


def test_loops_locals_and_blocks() -> None:
    source = """
    local sum = 0
    for i = 1, 3 do sum = sum + i; local sum = 100 end
    for i = 3, 1, -1 do if i == 2 then return sum + i end end
    """
    assert run(source) == 8


def test_globals_live_from_call_to_call() -> None:
    script = LuaScript("n = 0 function add(k) n = n + (k or 10) return n end  -- counts")
    assert [script.call("add", 1), script.call("add")] == [1, 11]


def test_local_functions_and_recursion() -> None:
    source = """
    local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end
    return fact(5)
    """
    assert run(source) == 120


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = {}", "line 1: '{' is not supported"),
        ("\nwhile true do end", "line 2: 'while' is not supported"),
        ("x = 1 +", "line 1: 'end of file' is not supported"),
        ("x + 1", "line 1: '+' is not supported"),
        ("x = y:z()", "line 1: ':' is not supported"),
    ],
)
def test_what_is_not_known_names_the_line(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("+", r"\+").replace("{", r"\{")):
        LuaScript(source)


def test_a_missing_function() -> None:
    with pytest.raises(ValueError, match="game has no function 'reward'"):
        LuaScript("x = 1", "game").call("reward")
