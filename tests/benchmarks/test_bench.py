"""`copain bench`: contenders do what they say, take turns, and are left out with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copain_gym.bench import measure, ours, peers, report, suite
from copain_gym.bench.measure import Contender, Rates
from copain_gym.bridge.savestate import unpack_state
from copain_gym.cli import main as cli
from tests.conftest import ENGINES, Traces

FAST = ENGINES[-1]


def test_contenders_take_turns(traces: Traces) -> None:
    before = traces.count()
    said: list[str] = []
    contenders = [
        Contender("pool", "ours:pool", {"lanes": 2, "engine": FAST, "transport": "shm"}, 2),
        Contender("single", "ours:single", {"engine": FAST, "transport": "zmq"}),
    ]
    found = measure.interleave(contenders, 3, 0.05, said.append)
    assert [len(rates.values) for rates in found] == [3, 3]
    assert all(value > 0 for rates in found for value in rates.values)
    rounds = [text.partition(": ")[2] for text in said if text.startswith("round")]
    assert rounds == ["pool", "single", "single", "pool", "pool", "single"]
    assert traces.return_to(before)


def test_what_is_missing_is_left_out_with_a_reason() -> None:
    found = measure.interleave(
        [
            Contender("nobody", "peers:no_such_contender"),
            Contender("broken", "ours:single", {"engine": "snes9x", "transport": "zmq"}),
            Contender("fine", "ours:raw", {"engine": FAST}),
        ],
        1,
        0.01,
    )
    assert "no attribute 'no_such_contender'" in found[0].why_not
    assert "engine is 'snes9x'" in found[1].why_not
    assert found[0].to_dict() == {"name": "nobody", "left_out": found[0].why_not}
    assert len(found[2].values) == 1


@pytest.mark.parametrize(
    ("make", "options"),
    [
        ("raw", {"draw": True}),
        ("alone", {"lanes": 2}),
        ("subproc", {"lanes": 2, "transport": "shm"}),
        ("search", {"transport": "shm", "one_core": False}),
        ("search_batched", {"transport": "shm", "one_core": False}),
        ("round_trip", {"transport": "zmq"}),
        ("loops", {"in_lua": True}),
        ("loops", {"in_lua": False}),
        ("bridge", {}),
    ],
)
def test_our_contenders_work(make: str, options: dict[str, Any], traces: Traces) -> None:
    if make == "subproc":
        pytest.importorskip("stable_baselines3", reason="the extra `train` is not installed")
    ours._start_of_play()  # what is made once: this, and the ZeroMQ context
    before = traces.count()
    contender = getattr(ours, make)(engine=FAST, **options)
    contender.work(3)
    contender.close()
    assert make == "subproc" or traces.return_to(before)  # multiprocessing keeps a helper


def test_emulators_alone_play_the_game() -> None:
    """The 100 % of the overhead is real play, not a title or a pause."""
    log = """
      if emu.framecount() % 40 < 4 then
        local ram = memory.readbyterange(0, 0x800)
        io.stderr:write("lives ", ram:byte(0x21), " score ", ram:byte(0x7E5), "\\n")
      end
    """
    contender = ours._Bare(FAST, ours._STEP % 0x21 + log)
    contender.work(400)
    lines = contender._process.log_tail(1000).split("\n")
    contender.close()
    lives = [int(line.split()[1]) for line in lines if line.startswith("lives")]
    assert len(lives) >= 30
    assert 3 in lives
    assert min(lives) < 3  # random actions lose ships
    assert len({line.split()[3] for line in lines if line.startswith("lives")}) > 3


def test_start_of_play_is_a_state_of_fceux() -> None:
    assert ours._start_of_play()[:4] == b"FCSX"
    with ours.Emulator(engine=FAST) as emulator:
        assert unpack_state(ours._play(emulator).to_bytes())[1][:4] == b"FCSX"


def test_same_inputs_same_score_and_lives() -> None:
    """Here and in stable-retro, whose core is another one."""
    pytest.importorskip("stable_retro", reason="stable-retro is not installed")
    assert measure.ask("peers:behaviour", steps=150) == ours.behaviour(150)


def test_behaviour_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"ours:behaviour": [[0, 3], [10, 3]], "peers:behaviour": [[0, 3], [20, 3]]}
    monkeypatch.setattr(suite, "ask", lambda function, **options: answers[function])
    found = suite._compare_behaviour(2)
    assert not found["equal"]
    assert found["first_difference"] == 1


def test_memory_startup_and_big_pool() -> None:
    assert 1 < ours.memory(FAST, lanes=2) < 200
    assert 1 < ours.startup(FAST, "shm", times=1) < 20_000
    found = ours.big_pool(3, engine=FAST)
    assert found["steps_per_second"] > 0
    assert found["pss_mib"] > 1


def test_script_gives_up_without_a_game() -> None:
    import numpy as np

    with pytest.raises(RuntimeError, match="play did not begin"):
        peers.script(lambda buttons, frames: np.full(2048, 0xFF, np.uint8), 1)


# ---- results -------------------------------------------------------------


def results() -> dict[str, Any]:
    def rates(name: str, *values: float) -> Rates:
        return Rates(name, list(values))

    measured = {
        "raw": [
            rates("copain headless", 9, 10, 12),
            rates("copain headless, drawn", 6),
            rates("stable-retro step()", 4),
        ],
        "single_features": [rates("copain headless shm", 30), rates("stable-retro, RAM", 10)],
        "pool8_features": [
            rates("copain headless shm", 90),
            rates("emulators alone", 100),
            Rates("stable-retro SubprocVecEnv", why_not="ModuleNotFoundError: no such module"),
        ],
        "search": [
            rates("copain headless shm, batches, one core", 2000),
            rates("copain headless shm, one core", 700),
        ],
        "pool8_cores": [
            rates("copain headless shm, 1 core", 100),
            rates("copain headless shm, 2 cores", 190),
        ],
        "bridge": [rates("copain stock zmq", 8), rates("bare Lua loop", 10)],
    }
    return {
        "machine": {"processor": "test", "cores": 2, "load_average": 0.0},
        "game": "Hirondelle",
        "behaviour": {"compared": True, "equal": True, "steps": 7},
        "ratios": suite._ratios(measured),
        "rows": {
            key: {"title": key, "unit": "steps/s", "contenders": [r.to_dict() for r in row]}
            for key, row in measured.items()
        },
        "extra": {"startup_ms_headless": 70.0},
    }


def test_ratios() -> None:
    ratios = results()["ratios"]
    assert set(ratios) == set(suite.RATIOS)
    assert ratios["raw_vs_stable_retro"] == 2.5
    assert ratios["raw_picture_vs_stable_retro"] == 1.5
    assert ratios["single_features_vs_stable_retro"] == 3
    assert ratios["overhead_share_pool8"] == pytest.approx(0.1)
    assert ratios["pool8_two_cores_vs_one"] == 1.9
    assert ratios["search_nodes_per_second_core"] == 2000
    assert ratios["bridge_vs_bare_loop_stock"] == 0.8
    assert ratios["pool8_features_vs_stable_retro"] is None  # it could not be measured


def test_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report.print_report(results())
    shown = capsys.readouterr().out
    assert "left out: ModuleNotFoundError: no such module" in shown
    assert "same score and lives as in stable-retro after each of 7 steps" in shown
    assert "10   (9 to 12)" in shown
    report.write_json(results(), tmp_path / "folder" / "results.json")
    assert json.loads((tmp_path / "folder" / "results.json").read_text())["ratios"]


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `bench` is not installed")
    assert report.write_plot(results(), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_rows_name_contenders_that_exist() -> None:
    for row in suite._rows().values():
        for contender in row.quick + row.more:
            module, _, function = contender.make.partition(":")
            assert callable(getattr({"ours": ours, "peers": peers}[module], function))


def test_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit status 1 when the same inputs do not have the same effects."""
    found = results()
    monkeypatch.setattr(suite, "run", lambda quick, say, game: found)
    path = tmp_path / "results.json"
    assert cli.main(["bench", "--quick", "--json", str(path)]) == 0
    assert json.loads(path.read_text())["behaviour"]["equal"]
    capsys.readouterr()
    assert cli.main(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(path.read_text())
    found["behaviour"] = {"compared": True, "equal": False, "steps": 7, "first_difference": 3}
    assert cli.main(["bench", "--quick"]) == 1
    assert "DIFFERENT from stable-retro since step 3" in capsys.readouterr().out


def test_outputs_are_checked_before_minutes_of_measuring(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for words in (["--json", str(tmp_path)], ["--plot", str(tmp_path)]):
        assert cli.main(["bench", *words]) == 1
        assert f"{tmp_path} is a directory; name a file" in capsys.readouterr().err
