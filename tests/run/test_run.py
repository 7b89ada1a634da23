"""`CopainRun`: loops over several emulators, an agent beside them, and the end of it all."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from copain_gym import EmulatorNotFound, RomError
from copain_gym.run import CopainRun, Runner, RunnerError
from tests.conftest import Traces, wait_until


def test_each_loop_has_its_emulator_and_its_thread(engine: str) -> None:
    meeting = threading.Barrier(3, timeout=30)

    def loop(runner: Runner) -> tuple[int, int, int, int]:
        meeting.wait()  # all three at the same time
        runner.emulator.step("start", frames=runner.number)
        return runner.number, runner.count, runner.emulator.frame_count, runner.emulator.pid

    results = CopainRun(loop, num_runners=3, engine=engine).run()
    assert [result[:3] for result in results] == [(1, 3, 1), (2, 3, 2), (3, 3, 3)]
    assert len({pid for *_, pid in results}) == 3


def test_one_after_another() -> None:
    running: list[int] = []

    def loop(runner: Runner) -> int:
        running.append(runner.number)
        assert len(running) == 1
        runner.emulator.step(frames=20)
        return running.pop()

    assert sorted(CopainRun(loop, num_runners=2, concurrent=False).run()) == [1, 2]


def test_agent_answers_in_batches() -> None:
    batches: list[list[int]] = []

    def agent(questions: list[int]) -> list[int]:
        batches.append(list(questions))
        if len(batches) == 1:  # meanwhile all others ask, too
            others = run.num_runners - len(questions)
            assert wait_until(lambda: len(run.question_queue._questions) == others, 30)
        return [question * 10 for question in questions]

    def loop(runner: Runner) -> int:
        return runner.ask(runner.number)

    run = CopainRun(loop, num_runners=4, agent=agent)
    assert run.run() == [10, 20, 30, 40]
    assert len(batches) == 1 or [len(batch) for batch in batches[1:]] == [4 - len(batches[0])]


def test_asking_without_agent() -> None:
    with pytest.raises(RunnerError, match=r"runner 1 of 1 failed: ValueError: .*no agent"):
        CopainRun(lambda runner: runner.ask(1)).run()


def test_error_names_the_runner_and_stops_the_others(traces: Traces) -> None:
    def loop(runner: Runner) -> int:
        if runner.number == 2:
            runner.emulator.memory[70000] = 1
        frames = 0
        while not runner.stopping:
            runner.emulator.step(frames=5)
            frames += 5
        return frames

    before = traces.count()
    with pytest.raises(RunnerError, match=r"runner 2 of 3 failed: IndexError: .*70000") as caught:
        CopainRun(loop, num_runners=3).run()
    assert caught.value.runner == 2
    assert isinstance(caught.value.__cause__, IndexError)
    assert traces.return_to((before[0], max(before[1], 40), before[2]))


def test_error_of_the_agent_ends_the_loops() -> None:
    def agent(questions: list[int]) -> list[int]:
        raise ArithmeticError("no idea")

    def loop(runner: Runner) -> None:
        while True:
            runner.ask(1)

    with pytest.raises(RunnerError, match="the agent failed: ArithmeticError: no idea"):
        CopainRun(loop, num_runners=2, agent=agent).run()


def test_agent_with_too_few_answers() -> None:
    with pytest.raises(RunnerError, match="the agent gave 0 answers to 1 questions"):
        CopainRun(lambda runner: runner.ask(1), agent=lambda questions: []).run()


def test_stop_from_outside_and_results_so_far() -> None:
    begun = threading.Barrier(2, timeout=30)

    def loop(runner: Runner) -> str:
        begun.wait()
        if runner.number == 1:
            run.stop()
        while not runner.stopping:
            runner.emulator.step()
        return "stopped"

    run = CopainRun(loop, num_runners=2)
    assert run.run() == ["stopped", "stopped"]


def test_loop_that_does_not_look_is_ended_by_its_emulator(monkeypatch) -> None:
    monkeypatch.setattr("copain_gym.search.run._GRACE_SECONDS", 0.2)

    def loop(runner: Runner) -> str:
        if runner.number == 1:
            return "done early"
        run.stop()
        while True:
            runner.emulator.step()

    run = CopainRun(loop, num_runners=2)
    assert run.run() == ["done early", None]


def test_interrupt_stops_all(traces: Traces) -> None:
    def loop(runner: Runner) -> None:
        runner.emulator.step(frames=3)
        if runner.number == 2:
            os.kill(os.getpid(), signal.SIGINT)
        while not runner.stopping:
            runner.emulator.step()

    before = traces.count()
    with pytest.raises(KeyboardInterrupt):
        CopainRun(loop, num_runners=2).run()
    assert traces.return_to((before[0], max(before[1], 40), before[2]))


def test_wrong_rom_is_refused_and_nothing_is_left(traces: Traces) -> None:
    before = traces.count()
    with pytest.raises(RunnerError, match=r"runner 1 of 2 failed: RomError: .*expected") as caught:
        CopainRun(lambda runner: None, num_runners=2, rom_md5="0" * 32).run()
    assert isinstance(caught.value.__cause__, RomError)
    assert traces.return_to((before[0], max(before[1], 40), before[2]))


def test_missing_emulator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_FCEUX", "/nowhere/fceux")
    with pytest.raises(RunnerError, match="/nowhere/fceux") as caught:
        CopainRun(lambda runner: None, engine="fceux").run()
    assert isinstance(caught.value.__cause__, EmulatorNotFound)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_runners": 0}, "num_runners is 0; allowed are 1 to 256"),
        ({"speedmode": "warp"}, "speedmode is 'warp'; allowed are normal, nothrottle"),
    ],
)
def test_bad_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CopainRun(lambda runner: None, **arguments)


@pytest.mark.usefixtures("windowed")
def test_first_one_is_shown(engine: str) -> None:
    def loop(runner: Runner) -> tuple[bool, str]:
        runner.emulator.step(frames=10)
        return runner.shown, runner.emulator.engine

    run = CopainRun(loop, num_runners=2, display=True, engine=engine, render_sprites=False)
    assert run.run() == [(True, "fceux"), (False, engine)]
