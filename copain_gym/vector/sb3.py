"""A pool of emulators as a `VecEnv` of Stable-Baselines3, without worker processes in Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from copain_gym.emulator import Emulator
from copain_gym.vector import NesVectorEnv
from copain_gym.vector.sb3_monitor import LaneMonitor

__all__ = ["NesVecEnv"]

_LANE_METHODS = ("action_masks", "get_action_meanings")
"""Methods of a single environment that lanes have, too."""


class NesVecEnv(VecEnv):
    """Stable-Baselines3's view of a `NesVectorEnv`.

    `infos` are dicts like the infos of `NesEnv`, with the `terminal_observation` and
    `TimeLimit.truncated` of Stable-Baselines3. `env_method` and `get_attr` reach each lane's
    `Emulator`.

    Args:
        envs: a vector environment whose `autoreset_mode` is `SameStep`.
        monitor: keeps statistics of the episodes; None keeps none, as where `VecMonitor` does.

    Raises:
        ValueError: the vector environment has another `autoreset_mode`.

    Examples:
        >>> from copain_gym.sb3 import make_vec_env
        >>> envs = make_vec_env("copain/Hirondelle-v0", n_envs=2, seed=1)
        >>> observations = envs.reset()
        >>> observations, rewards, dones, infos = envs.step(np.array([4, 0]))
        >>> infos[1]["lives"]
        3
        >>> envs.close()
    """

    def __init__(self, envs: NesVectorEnv, monitor: LaneMonitor | None = None) -> None:
        mode = envs.metadata["autoreset_mode"]
        if mode is not AutoresetMode.SAME_STEP:
            raise ValueError(f"autoreset_mode is {mode}; Stable-Baselines3 needs SAME_STEP")
        self.envs = envs
        self._monitor = monitor
        self._attributes: list[dict[str, Any]] = [{} for _ in range(envs.num_envs)]
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> Any:
        """Begin episodes in all lanes; returns the observations (n, …)."""
        states = [options.get("state") for options in self._options]
        observation, infos = self.envs.reset(
            seed=self._seeds if any(s is not None for s in self._seeds) else None,
            options={"state": states} if any(s is not None for s in states) else None,
        )
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = _rows(infos, self.num_envs)
        if self._monitor is not None:
            self._monitor.begin()
        return observation

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Begin a step in all lanes."""
        self.envs.send(actions)

    def step_wait(
        self,
    ) -> tuple[Any, npt.NDArray[np.float32], npt.NDArray[np.bool_], list[dict[str, Any]]]:
        """Wait for the end of the step.

        Returns:
            Observations (n, …), rewards (n,) float32, dones (n,) bool, infos.
        """
        observation, rewards, terminated, truncated, infos = self.envs.recv()
        dones = terminated | truncated
        rows = _rows(infos, self.num_envs)
        if dones.any():
            last = _rows(infos["final_info"], self.num_envs)
            for i in np.flatnonzero(dones).tolist():
                self.reset_infos[i] = rows[i]
                rows[i] = last[i]
                rows[i]["terminal_observation"] = infos["final_obs"][i]
        for i, late in enumerate((truncated & ~terminated).tolist()):
            rows[i]["TimeLimit.truncated"] = late
        if self._monitor is not None:
            self._monitor.add(rewards, dones, rows)
        return observation, rewards.astype(np.float32), dones, rows

    def close(self) -> None:
        """End all emulators."""
        self.envs.close()
        if self._monitor is not None:
            self._monitor.close()

    def get_images(self) -> Sequence[npt.NDArray[np.uint8] | None]:
        """The picture of each lane, (240, 256, 3) uint8; None without `rgb_array`."""
        return self.envs.render() or [None] * self.num_envs

    # ---- lanes -----------------------------------------------------------

    def _emulators(self, indices: Any) -> list[Emulator]:
        emulators = self.envs.emulators
        return [emulators[i] for i in self._lanes(indices)]

    def _lanes(self, indices: Any) -> Iterable[int]:
        lanes: Iterable[int] = self._get_indices(indices)
        return lanes

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of each lane.

        The value that `set_attr` set comes first, then the pool's attribute, which is the same for
        each lane, then the attribute of the lane's emulator. `action_space` and
        `observation_space` are the spaces of one lane.

        Raises:
            AttributeError: there is no such attribute. Before the first `reset` there are no
                emulators, so their attributes are missing.
        """
        return [self._attribute(attr_name, lane) for lane in self._lanes(indices)]

    def _attribute(self, name: str, lane: int) -> Any:
        if name in self._attributes[lane]:
            return self._attributes[lane][name]
        if name in ("action_space", "observation_space"):
            return getattr(self, name)
        if hasattr(self.envs, name):
            return getattr(self.envs, name)
        try:
            emulator = self.envs.emulators[lane]
        except gymnasium.error.ResetNeeded:
            raise AttributeError(
                f"the pool has no attribute {name!r}; those of its emulators need reset() first"
            ) from None
        return getattr(emulator, name)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of each lane, which `get_attr` then returns.

        Attributes of the pool and of its emulators cannot be set, because the lanes share one pool.

        Raises:
            AttributeError: the pool or its emulators have an attribute of that name.
        """
        if hasattr(self.envs, attr_name) or self._is_emulators(attr_name):
            raise AttributeError(
                f"{attr_name!r} cannot be set: it belongs to the pool or to its emulators; pass "
                f"options to make_vec_env, or call methods of emulators with env_method"
            )
        for lane in self._lanes(indices):
            self._attributes[lane][attr_name] = value

    def _is_emulators(self, name: str) -> bool:
        try:
            return any(hasattr(emulator, name) for emulator in self.envs.emulators)
        except gymnasium.error.ResetNeeded:
            return hasattr(Emulator, name)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of each lane's emulator, or `action_masks` or `get_action_meanings`.

        Raises:
            AttributeError: an `Emulator` has no such method.
        """
        if method_name in _LANE_METHODS:
            return [self._lane_method(method_name, lane) for lane in self._lanes(indices)]
        emulators = self._emulators(indices)
        return [getattr(e, method_name)(*method_args, **method_kwargs) for e in emulators]

    def _lane_method(self, name: str, lane: int) -> Any:
        result = getattr(self.envs, name)()
        return result[lane] if name == "action_masks" else result

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Whether each lane is wrapped: by `Monitor` if it keeps statistics, else by nothing."""
        wrapped = self._monitor is not None and wrapper_class is Monitor
        return [wrapped for _ in self._lanes(indices)]


def _rows(infos: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Infos as a dict for each lane."""
    names = [name for name in infos if name[0] != "_" and not name.startswith("final_")]
    if "fault" in names:  # there only for some lanes
        names.remove("fault")
    columns = [v.tolist() if v.ndim == 1 else list(v) for v in map(infos.__getitem__, names)]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if "fault" in infos:
        for i in np.flatnonzero(infos["_fault"]).tolist():
            rows[i]["fault"] = infos["fault"][i]
    return rows
