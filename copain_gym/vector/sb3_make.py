"""`make_vec_env`: a pool for Stable-Baselines3, called as its own `make_vec_env` is."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode

from copain_gym.envs import NesEnv
from copain_gym.vector import NesVectorEnv
from copain_gym.vector.options import VectorOptions
from copain_gym.vector.sb3 import NesVecEnv
from copain_gym.vector.sb3_monitor import LaneMonitor

__all__ = ["make_vec_env"]

_MONITOR_ARGUMENTS = ("info_keywords", "override_existing", "allow_early_resets", "reset_keywords")
_OWN_WAY = "stable_baselines3.common.env_util.make_vec_env takes it, with an environment each"


def make_vec_env(
    env_id: str | type[NesEnv],
    n_envs: int = 1,
    seed: int | None = None,
    start_index: int = 0,
    monitor_dir: str | os.PathLike[str] | None = None,
    wrapper_class: Callable[[gymnasium.Env[Any, Any]], gymnasium.Env[Any, Any]] | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    vec_env_cls: type[NesVecEnv] | None = None,
    vec_env_kwargs: Mapping[str, Any] | None = None,
    monitor_kwargs: Mapping[str, Any] | None = None,
    wrapper_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> NesVecEnv:
    """Make a pool for Stable-Baselines3.

    The parameters are those of `stable_baselines3.common.env_util.make_vec_env`. As there, the
    infos of a step that ends an episode have its statistics in `episode`. Unlike there,
    `render_mode` is None by default, which is faster than `rgb_array`.

    Args:
        env_id: id of one of this package's environments, also with the module that registers it,
            `copain_gym:copain/Hirondelle-v0`; or the class `NesEnv`.
        n_envs: number of emulators.
        seed: seed of the first `reset`; lane i gets `seed + i`.
        start_index: number of the first lane's file in `monitor_dir`.
        monitor_dir: folder where a file `NUMBER.monitor.csv` with its episodes is written for each
            lane. None writes no files.
        wrapper_class: None only: a pool has no single environments that could be wrapped.
        env_kwargs: options of `NesVectorEnv`.
        vec_env_cls: `NesVecEnv` or a subclass of it. None means `NesVecEnv`.
        vec_env_kwargs: options of `NesVectorEnv`, too.
        monitor_kwargs: `info_keywords`, names of infos that are written, too; and
            `override_existing`, whether files that are there are replaced.
        wrapper_kwargs: None only.
        kwargs: options of `NesVectorEnv`, too.

    Raises:
        ValueError: the id is not one of this package's, or an argument or option is not allowed.
    """
    if wrapper_class is not None or wrapper_kwargs:
        raise ValueError(
            f"wrapper_class is {_name(wrapper_class)}; allowed is None, because a pool has no "
            f"single environments. Use options such as frame_stack, screen_size and terminate_on, "
            f"or wrap the pool by a VecEnvWrapper; {_OWN_WAY}"
        )
    if vec_env_cls is not None and not _is_ours(vec_env_cls):
        raise ValueError(
            f"vec_env_cls is {_name(vec_env_cls)}; allowed are None and subclasses of NesVecEnv, "
            f"because the pool itself runs its emulators at the same time; {_OWN_WAY}"
        )
    options = _options(
        {"env_kwargs": env_kwargs, "vec_env_kwargs": vec_env_kwargs, "make_vec_env": kwargs}
    )
    monitoring = _monitor_arguments(dict(monitor_kwargs or {}))
    options["autoreset_mode"] = AutoresetMode.SAME_STEP
    envs = _make_pool(env_id, n_envs, options)
    try:
        name = "None" if envs.spec is None else envs.spec.id
        monitor = LaneMonitor(n_envs, monitor_dir, first=start_index, env_id=name, **monitoring)
        vec_env = (vec_env_cls or NesVecEnv)(envs, monitor)
    except BaseException:
        envs.close()
        raise
    vec_env.seed(seed)
    return vec_env


def _make_pool(env_id: Any, count: int, options: dict[str, Any]) -> NesVectorEnv:
    if isinstance(env_id, type) and issubclass(env_id, NesEnv):
        return NesVectorEnv(num_envs=count, **options)
    if not isinstance(env_id, str):
        raise ValueError(
            f"env_id is {_name(env_id)}; allowed are an id of one of copain_gym's environments and "
            f"NesEnv, because the pool makes its emulators itself; {_OWN_WAY}"
        )
    module, _, name = env_id.rpartition(":")
    if module:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ValueError(
                f"env_id is {env_id!r}, whose module cannot be imported: {error}"
            ) from error
    spec = gymnasium.spec(name)
    if spec.vector_entry_point is None or "copain_gym" not in str(spec.vector_entry_point):
        raise ValueError(f"env_id is {env_id!r}, which is not an environment of copain_gym")
    envs = gymnasium.make_vec(name, num_envs=count, **options)
    assert isinstance(envs, NesVectorEnv)
    return envs


def _options(sources: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """The options of the pool, from the arguments that may have them."""
    fixed = {"num_envs": "n_envs is its number", "autoreset_mode": "it is always SAME_STEP"}
    allowed = {entry.name for entry in VectorOptions.entries()} - set(fixed)
    options: dict[str, Any] = {}
    for source, given in sources.items():
        for name, value in (given or {}).items():
            if name in fixed:
                raise ValueError(f"{source} has {name!r}, which is no option here: {fixed[name]}")
            if name not in allowed:
                raise ValueError(
                    f"{source} has {name!r}, which is no option of a pool; allowed are "
                    f"{', '.join(sorted(allowed))}"
                )
            if name in options:
                raise ValueError(f"{source} has {name!r}, which was given before")
            options[name] = value
    return options


def _monitor_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the monitor, from those of Stable-Baselines3's `Monitor`."""
    for name in given:
        if name not in _MONITOR_ARGUMENTS:
            raise ValueError(
                f"monitor_kwargs has {name!r}; allowed are {', '.join(_MONITOR_ARGUMENTS)}"
            )
    for name, only in (("allow_early_resets", True), ("reset_keywords", ())):
        value = given.pop(name, only)
        if (tuple(value) if name == "reset_keywords" else value) != only:
            raise ValueError(
                f"{name} in monitor_kwargs is {value!r}; allowed is {only!r}, because a VecEnv "
                f"resets without arguments, at any time"
            )
    return given


def _is_ours(vec_env_cls: Any) -> bool:
    return inspect.isclass(vec_env_cls) and issubclass(vec_env_cls, NesVecEnv)


def _name(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)
