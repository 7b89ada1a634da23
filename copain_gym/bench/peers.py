"""The contenders of other packages. They run in worker processes, if they are installed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.bench.work import ACTIONS, Work, episodes, script
from copain_gym.buttons import Button
from copain_gym.games import find_game
from copain_gym.paths import bundled_rom

_GAME = "Hirondelle-Nes-v0"
_RAM = 0x800
_SKIP = 4


# ---- stable-retro --------------------------------------------------------


def _integrate() -> Any:
    """Register an integration of the bundled game with stable-retro."""
    import stable_retro as retro

    variables = {v.name: v for v in find_game("hirondelle").variables}
    folder = Path(tempfile.gettempdir()) / f"copain-bench-{os.getuid()}"
    game = folder / _GAME
    game.mkdir(parents=True, exist_ok=True, mode=0o700)
    rom = bundled_rom().read_bytes()
    files = {
        "rom.nes": rom,
        "rom.sha": hashlib.sha1(rom[16:]).hexdigest(),
        "metadata.json": "{}",
        "data.json": json.dumps(
            {
                "info": {
                    "score": {"address": variables["score"].address, "type": "<d3"},
                    "lives": {"address": variables["lives"].address, "type": "|u1"},
                }
            }
        ),
        "scenario.json": json.dumps({"reward": {"variables": {"score": {"reward": 1.0}}}}),
    }
    for name, content in files.items():
        data = content if isinstance(content, bytes) else f"{content}\n".encode()
        if not (game / name).exists() or (game / name).read_bytes() != data:
            # Atomically: many workers do this at the same time, and read each other's files.
            part = game / f"{name}.{os.getpid()}"
            part.write_bytes(data)
            part.replace(game / name)
    retro.data.Integrations.add_custom_path(str(folder))
    return retro


class _Skip(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Holds each action for four frames, as this package's environments do."""

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        total = 0.0
        for _ in range(_SKIP):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


class _Warp(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Scales pictures to 84x84 grey with OpenCV, as is usual for Atari games."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(0, 255, (84, 84, 1), np.uint8)

    def observation(self, observation: Any) -> Any:
        import cv2

        grey = cv2.cvtColor(observation, cv2.COLOR_RGB2GRAY)
        return cv2.resize(grey, (84, 84), interpolation=cv2.INTER_AREA)[:, :, None]


def _retro_env(pixels: bool, skip: bool = True) -> Any:
    retro = _integrate()
    kinds = retro.Observations
    env = retro.make(
        _GAME,
        state=retro.State.NONE,
        inttype=retro.data.Integrations.CUSTOM_ONLY,
        obs_type=kinds.IMAGE if pixels else kinds.RAM,
        use_restricted_actions=retro.Actions.ALL,
        render_mode="rgb_array",
    )
    if not skip:
        return env
    env = _Skip(env)
    return _Warp(env) if pixels else env


def _retro_actions(lanes: int) -> npt.NDArray[np.int8]:
    """Random actions of nine buttons, sometimes with START, which begins the game."""
    rng = np.random.default_rng(1)
    actions = np.zeros((ACTIONS, lanes, 9), np.int8)
    names = ["B", None, "SELECT", "START", "UP", "DOWN", "LEFT", "RIGHT", "A"]
    for name, share in (("START", 0.05), ("UP", 0.2), ("DOWN", 0.2), ("RIGHT", 0.3), ("A", 0.5)):
        actions[:, :, names.index(name)] = rng.random((ACTIONS, lanes)) < share
    return actions


def _retro_step(env: Any) -> Callable[[int, int], npt.NDArray[np.uint8]]:
    """Return the function that `script` needs."""
    masks = [Button.B, 0, Button.SELECT, Button.START, Button.UP, Button.DOWN]
    masks += [Button.LEFT, Button.RIGHT, Button.A]

    def step(held: int, frames: int) -> npt.NDArray[np.uint8]:
        action = np.array([bool(held & mask) for mask in masks], np.int8)
        for _ in range(frames):
            env.step(action)
        ram: npt.NDArray[np.uint8] = env.unwrapped.get_ram()[:_RAM]
        return ram

    return step


def retro_raw() -> Work:
    """Frames of `RetroEmulator.step()`, which always makes picture and sound."""
    env = _retro_env(pixels=False, skip=False)
    env.reset()
    script(_retro_step(env), 0)  # to the start of play, as in our contenders
    emulator = env.unwrapped.em

    def work(frames: int) -> None:
        for _ in range(frames):
            emulator.step()

    return Work(work, env.close)


def retro_single(pixels: bool = False) -> Work:
    """Steps of one environment with frame skip 4."""
    env = _retro_env(pixels)
    env.reset()
    actions = _retro_actions(1)[:, 0]
    return episodes(env, actions)


def retro_vector(lanes: int, kind: str, pixels: bool = False) -> Work:
    """Steps in worker processes of Stable-Baselines3 (`subproc`) or Gymnasium (`async`)."""
    makers = [lambda: _retro_env(pixels) for _ in range(lanes)]
    envs: Any
    if pixels:
        import cv2  # noqa: F401 - said here when it is missing, not by workers that break down
    if kind == "subproc":
        from stable_baselines3.common.vec_env import SubprocVecEnv

        envs = SubprocVecEnv(makers)
    else:
        envs = gymnasium.vector.AsyncVectorEnv(makers)
    envs.reset()
    actions = _retro_actions(lanes)

    def work(steps: int) -> None:
        for k in range(steps):
            envs.step(actions[k % ACTIONS])

    return Work(work, envs.close)


def behaviour(steps: int) -> list[list[int]]:
    """Return the same as `ours.behaviour`, from stable-retro."""
    env = _retro_env(pixels=False, skip=False)
    env.reset()
    seen = script(_retro_step(env), steps)
    env.close()
    return seen


# ---- cynes and nes-py ----------------------------------------------------


def cynes(skip: int = 1) -> Work:
    """Steps of `NES.step`, which always draws."""
    import cynes as package

    nes = package.NES(str(bundled_rom()))

    def work(steps: int) -> None:
        for _ in range(steps):
            nes.step(frames=skip)

    return Work(work, lambda: None)


def nes_py(skip: int = 1) -> Work:
    """Steps of `NESEnv.step`, which always draws."""
    from nes_py import NESEnv
    from nes_py._rom import ROM

    # Its arithmetic on header bytes overflows with NumPy 2.
    ROM.header = property(lambda rom: rom.raw_data[:16].astype(np.int64))
    env = NESEnv(str(bundled_rom()))
    env.reset()

    def work(steps: int) -> None:
        for _ in range(steps * skip):
            env.step(0)

    return Work(work, env.close)
