"""`RecordMovie` for pools: a wrapper that writes chosen episodes of each lane as movies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper

from copain_gym.envs.record_movie import cubic_schedule
from copain_gym.paths import expand_user
from copain_gym.vector.nes_vector_env import NesVectorEnv

__all__ = ["RecordMovie"]

if TYPE_CHECKING:
    _Wrapper = VectorWrapper[Any, Any, Any]
else:
    _Wrapper = VectorWrapper  # Gymnasium 1.2's takes no types


class RecordMovie(_Wrapper, RecordConstructorArgs):
    """Writes chosen episodes of a pool's lanes as movies (FM2), which any FCEUX replays.

    A movie is written when its episode ends, when it is given up by `reset`, or at `close`. Every
    autoreset mode works. `copain_gym.RecordMovie` is the wrapper for one environment.

    Args:
        env: a pool, in any wrappers.
        movie_folder: the folder for the files. An existing file of the same name is replaced.
        episode_trigger: whether to record an episode, by its number from 0 in its lane. None means
            `cubic_schedule`.
        record_first_only: record lane 0 only.
        name_prefix: beginning of the files' names, `PREFIX-lane-0-episode-0.fm2`.
        author: name of the author in the movies.

    Attributes:
        movies: the files that were written.

    Raises:
        TypeError: the pool is not one of this package.

    Examples:
        >>> import gymnasium, tempfile
        >>> envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2, max_episode_frames=40)
        >>> envs = RecordMovie(envs, tempfile.mkdtemp(), episode_trigger=lambda n: n == 0)
        >>> _ = envs.reset(seed=1)
        >>> for _ in range(10):
        ...     _ = envs.step(np.array([4, 0]))
        >>> [file.name for file in envs.movies]
        ['rl-movie-lane-0-episode-0.fm2', 'rl-movie-lane-1-episode-0.fm2']
        >>> envs.close()
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        movie_folder: str | os.PathLike[str],
        episode_trigger: Callable[[int], bool] | None = None,
        record_first_only: bool = False,
        name_prefix: str = "rl-movie",
        author: str = "",
    ) -> None:
        if not isinstance(env.unwrapped, NesVectorEnv):
            raise TypeError(f"{env} has no movies; RecordMovie needs a pool of copain-gym")
        RecordConstructorArgs.__init__(
            self,
            movie_folder=movie_folder,
            episode_trigger=episode_trigger,
            record_first_only=record_first_only,
            name_prefix=name_prefix,
            author=author,
        )
        VectorWrapper.__init__(self, env)
        self._pool: NesVectorEnv = env.unwrapped
        self.episode_trigger = episode_trigger or cubic_schedule
        self.movie_folder = expand_user(movie_folder).absolute()
        self.name_prefix, self.author = name_prefix, author
        self.movies: list[Path] = []
        self._recorded = 1 if record_first_only else self.num_envs  # lanes 0 and up
        self._episodes = [-1] * self.num_envs
        self._recording = np.zeros(self.num_envs, np.bool_)
        self._over = np.zeros(self.num_envs, np.bool_)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes; movies of episodes that have not ended are written before.

        Raises:
            MovieError: an episode is to be recorded, and a movie cannot hold its beginning.
        """
        mask = (options or {}).get("reset_mask")
        lanes = range(self.num_envs) if mask is None else np.flatnonzero(mask).tolist()
        self._write(lane for lane in lanes if self._recording[lane])
        result = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self._over[list(lanes)] = False
        self._begin(lanes)
        return result

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Make a step; the movies of recorded episodes that end are written.

        Raises:
            MovieError: a movie cannot hold what happened.
            FileError: a file cannot be written.
        """
        result = self.env.step(actions)
        _, _, terminations, truncations, infos = result
        begun, self._over = self._over, terminations | truncations
        mode = self._pool.autoreset_mode
        if mode is AutoresetMode.NEXT_STEP and begun.any():
            self._begin(np.flatnonzero(begun).tolist())
        if not self._over.any():
            return result
        lost = infos.get("_fault", np.zeros(self.num_envs, np.bool_))
        for lane in np.flatnonzero(self._over & self._recording).tolist():
            self._write([lane], ended=mode is AutoresetMode.SAME_STEP or bool(lost[lane]))
        if mode is AutoresetMode.SAME_STEP:
            self._begin(np.flatnonzero(self._over).tolist())
        return result

    def close(self, **kwargs: Any) -> None:
        """Write the movies of episodes that have not ended, and close the pool."""
        try:
            with contextlib.suppress(ResetNeeded):  # the emulators have ended
                self._write(np.flatnonzero(self._recording).tolist())
        finally:
            self.env.close(**kwargs)

    def _begin(self, lanes: Iterable[int]) -> None:
        for lane in lanes:
            self._episodes[lane] += 1
            chosen = lane < self._recorded and self.episode_trigger(self._episodes[lane])
            self._recording[lane] = chosen
            if chosen:
                self._pool.movie(lane)  # its error comes now, not at the end of a long episode

    def _write(self, lanes: Iterable[int], *, ended: bool = False) -> None:
        for lane in lanes:
            self._recording[lane] = False
            self.movie_folder.mkdir(parents=True, exist_ok=True)
            movie = self._pool.movie(lane, ended=ended, author=self.author)
            name = f"{self.name_prefix}-lane-{lane}-episode-{self._episodes[lane]}.fm2"
            self.movies.append(movie.write(self.movie_folder / name))
