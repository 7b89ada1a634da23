"""Train agents from several seeds, and plot how they learn beside players that do not.

copain train study ppo dqn q-learning --minutes 15
copain train study ppo --seeds 1 2 3 --minutes 10 --plot curves.png
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.engines.engine import EngineName
from copain_gym.envs.registration import without_module
from copain_gym.errors import CopainError
from copain_gym.paths import agents_directory
from copain_gym.train.evaluation import (
    FEWEST_FOR_INTERVAL,
    Agent,
    Evaluation,
    evaluate,
    mean_and_interval,
    mean_text,
)
from copain_gym.train.results import EvaluationRecord, read_evaluations
from copain_gym.train.runs import RunSpec, choose_game, read_arguments
from copain_gym.train.scripted_agent import ScriptedAgent
from copain_gym.train.settings import check_env_id
from copain_gym.train.trained import RandomAgent, find_checkpoint, load_agent

Curves: TypeAlias = "dict[str, list[list[EvaluationRecord]]]"
"""For each algorithm the evaluations of each of its runs."""

_OTHER_GAMES = 2_000_000  # seed of episodes that no run was evaluated on

_SCRIPTS = {"ppo": "ppo", "dqn": "dqn", "q-learning": "q_learning"}


@dataclass
class Arguments:
    """Train agents from several seeds and plot how they learn."""

    algorithms: tuple[Literal["ppo", "dqn", "q-learning"], ...] = ("ppo",)
    """What to train, one after the other."""
    _: KW_ONLY
    env_id: str = "copain/Hirondelle-v0"
    """Environment to learn in."""
    game: str | None = None
    """Game to learn, in place of the environment's: a name, a Python file that defines `GAME`, or
    a folder. The environment is then `copain/Nes-v0`."""
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    """Seeds of the runs of each algorithm."""
    minutes: float = 10.0
    """Wall-clock time of each run in minutes, without evaluations."""
    eval_episodes: int = 20
    """Episodes of an evaluation."""
    folder: Path = Path("runs/study")
    """Folder of the runs. Runs that are there already are not trained again."""
    baseline_episodes: int = 100
    """Episodes of the random and of the scripted player. 0 leaves them out."""
    plot: Path | None = None
    """File of the plot. By default `curves.png` in the folder."""
    trust: bool = False
    """Score checkpoints of an older version, too. Each of them can be any program."""
    engine: EngineName | None = None
    """Engine of the emulators. By default COPAIN_ENGINE, else auto."""


def study(arguments: Arguments) -> None:
    """Train agents from several seeds and plot how they learn.

    Runs that are missing are trained. Then a table is printed and the curves are plotted, beside
    those of a random and of a scripted player, which do not learn.
    """
    arguments = replace(arguments, env_id=without_module(arguments.env_id))
    check_env_id(arguments.env_id)
    choose_game(arguments.env_id, arguments.game)
    if not arguments.seeds or not arguments.algorithms:
        raise ValueError("there is nothing to train: name an algorithm and a seed")
    if arguments.minutes <= 0:
        raise ValueError(f"minutes is {arguments.minutes}; it must be positive")
    if arguments.eval_episodes < 1:
        raise ValueError(f"eval_episodes is {arguments.eval_episodes}; allowed are 1 and more")
    if arguments.baseline_episodes < 0:
        raise ValueError(f"baseline_episodes is {arguments.baseline_episodes}; it must not be < 0")
    for name in arguments.algorithms:
        for seed in arguments.seeds:
            _check_alike(arguments.folder / f"{name}-{seed}", arguments)
    # First, so that a game that they cannot play is reported before hours of training.
    baselines = _baselines(arguments) if arguments.baseline_episodes else {}
    curves: Curves = {}
    best: dict[str, list[Evaluation]] = {}
    for name in arguments.algorithms:
        curves[name] = [_run(name, seed, arguments) for seed in arguments.seeds]
        best[name] = [_judge(name, seed, arguments) for seed in arguments.seeds]
    _print_table(curves, best, baselines)
    file = arguments.plot or arguments.folder / "curves.png"
    _plot(curves, baselines, file)
    print(f"plot: {file}")


def _run(name: str, seed: int, arguments: Arguments) -> list[EvaluationRecord]:
    """Return the evaluations of a run; train it first if it does not exist."""
    run = arguments.folder / f"{name}-{seed}"
    if not run.exists():
        part = run.with_name(f"{run.name}.part")  # renamed when it is complete
        shutil.rmtree(part, ignore_errors=True)
        words = [
            *("--env-id", arguments.env_id, "--seed", str(seed), "--run", str(part)),
            *("--minutes", str(arguments.minutes), "--no-video"),
            *("--eval-episodes", str(arguments.eval_episodes)),
            *(("--game", arguments.game) if arguments.game else ()),
            *(("--engine", arguments.engine) if arguments.engine else ()),
        ]
        print(f"{name}, seed {seed}", flush=True)
        # A separate process, so that no run influences the next one.
        script = agents_directory() / f"{_SCRIPTS[name]}.py"
        done = subprocess.run([sys.executable, script, *words], check=False)
        if done.returncode:
            raise CopainError(f"{name} with seed {seed} ended with status {done.returncode}")
        part.rename(run)
    return read_evaluations(run)


def _check_alike(run: Path, arguments: Arguments) -> None:
    """Refuse an existing run that was trained with other options."""
    if not run.exists():
        return
    before = read_arguments(run)
    for option in ("env_id", "game", "minutes", "eval_episodes"):
        wanted = getattr(arguments, option)
        if before.get(option) != wanted:
            raise CopainError(
                f"{run} was trained with {option} {before.get(option)!r}, not {wanted!r}; "
                f"choose another folder for this study"
            )


def _judge(name: str, seed: int, arguments: Arguments) -> Evaluation:
    """Evaluate a run's best checkpoint on other episodes than those that chose it."""
    run = arguments.folder / f"{name}-{seed}"
    spec = RunSpec.read(run)
    agent = load_agent(find_checkpoint(run, "best"), spec, trust=arguments.trust)
    count, engine = arguments.eval_episodes, arguments.engine
    return evaluate(agent, spec, episodes=count, seed=_OTHER_GAMES, engine=engine)


def _baselines(arguments: Arguments) -> dict[str, Evaluation]:
    """Evaluate the players that do not learn."""
    spec = RunSpec("random", *choose_game(arguments.env_id, arguments.game))
    env = gymnasium.make(spec.env_id, **spec.env_kwargs)
    try:
        scripted = ScriptedAgent(env.unwrapped.game)  # type: ignore[attr-defined]
    except ValueError as error:
        raise ValueError(f"{error}; --baseline-episodes 0 leaves it out") from None
    finally:
        env.close()
    players: dict[str, Agent] = {
        "random": RandomAgent(env.action_space, 1),
        "scripted": scripted,
    }
    count, engine = arguments.baseline_episodes, arguments.engine
    return {n: evaluate(p, spec, episodes=count, engine=engine) for n, p in players.items()}


# ---- results -------------------------------------------------------------


def _print_table(
    curves: Curves, best: dict[str, list[Evaluation]], baselines: dict[str, Evaluation]
) -> None:
    print("\n| player | mean score, 95 % interval | each | mean frames | thousand steps |")
    print("|---|---|---|---|---|")
    for name, result in baselines.items():
        score = mean_text(result.scores, ",.0f")
        games = f"{len(result.scores)} games"
        print(f"| {name} | {score} | {games} | {result.mean_frames:,.0f} | |")
    for name, runs in curves.items():
        steps = f"{np.mean([run[-1].steps for run in runs]) / 1000:,.0f}"
        _print_row(f"{name}, at the end", [run[-1].result for run in runs], steps)
        _print_row(f"{name}, best checkpoint", best[name], "")


def _print_row(name: str, results: Sequence[Evaluation], steps: str) -> None:
    score = mean_text([result.mean_score for result in results], ",.0f")
    each = ", ".join(f"{result.mean_score:,.0f}" for result in results)
    frames = np.mean([result.mean_frames for result in results])
    cleared = sum(1 for result in results for stages in result.stages if stages)
    note = f"; a stage cleared in {cleared} games" if cleared else ""
    print(f"| {name} | {score} | {each}{note} | {frames:,.0f} | {steps} |")


def mean_curve(
    runs: Sequence[Sequence[EvaluationRecord]], minutes: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the mean score of several runs over time.

    Args:
        runs: evaluations of each run. Before its first evaluation, a run has the score of that one.
        minutes: minutes of training, (k,).

    Returns:
        (2, k): the mean over the runs, and half the width of its 95 % interval.
    """
    scores = np.stack(
        [
            np.interp(minutes, [e.seconds / 60 for e in run], [e.result.mean_score for e in run])
            for run in runs
        ]
    )
    pairs = [mean_and_interval(column) for column in scores.T.tolist()]
    curve: npt.NDArray[np.float64] = np.array(pairs).T
    return curve


def _plot(curves: Curves, baselines: dict[str, Evaluation], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for number, (name, runs) in enumerate(curves.items()):
        first = max(run[0].seconds for run in runs) / 60
        last = min(run[-1].seconds for run in runs) / 60
        minutes = np.linspace(min(first, last), last, 50)
        mean, half = mean_curve(runs, minutes)
        colour = f"C{number}"
        axes.plot(minutes, mean, colour, lw=2, label=f"{name}, mean of {len(runs)} seeds")
        if len(runs) >= FEWEST_FOR_INTERVAL:
            axes.fill_between(minutes, mean - half, mean + half, color=colour, alpha=0.2, lw=0)
        for run in runs:
            x, y = [e.seconds / 60 for e in run], [e.result.mean_score for e in run]
            axes.plot(x, y, colour, lw=0.7, alpha=0.5)
    for (name, result), style in zip(baselines.items(), (":", "--"), strict=False):
        axes.axhline(result.mean_score, color="grey", ls=style, label=name)
    axes.set(xlabel="minutes of training", ylabel="mean score of an evaluation", xlim=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120)
    pyplot.close(figure)
