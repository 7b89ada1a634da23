"""`LaneMonitor`: statistics of each lane's episodes, as `Monitor` of Stable-Baselines3 has them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.monitor import ResultsWriter

__all__ = ["LaneMonitor"]


class LaneMonitor:
    """Puts `episode` into the infos of steps that end an episode, and writes it to files.

    `episode` is a dict with the sum of rewards `r`, the number of steps `l`, and the seconds `t`
    since the monitor was made.

    Args:
        count: number of lanes.
        folder: where a file `NUMBER.monitor.csv` is written for each lane; None writes none.
        first: number of the first lane's file.
        env_id: id of the environment, for the files.
        info_keywords: names of infos that are added to `episode` and to the files.
        override_existing: whether files that are there are replaced; otherwise they are continued.

    Raises:
        ValueError: the environment's infos lack one of `info_keywords`; raised by `add`.
    """

    def __init__(
        self,
        count: int,
        folder: str | os.PathLike[str] | None = None,
        *,
        first: int = 0,
        env_id: str = "None",
        info_keywords: tuple[str, ...] = (),
        override_existing: bool = True,
    ) -> None:
        self._start = time.time()
        self._keywords = tuple(info_keywords)
        self._returns = np.zeros(count, np.float64)
        self._lengths = np.zeros(count, np.int64)
        self._writers: list[Any] = []
        if folder is not None:
            self._writers = [
                ResultsWriter(
                    str(Path(folder, str(first + lane))),
                    header={"t_start": self._start, "env_id": env_id},
                    extra_keys=self._keywords,
                    override_existing=override_existing,
                )
                for lane in range(count)
            ]

    def begin(self) -> None:
        """All lanes have begun an episode."""
        self._returns[:] = self._lengths[:] = 0

    def add(
        self,
        rewards: npt.NDArray[np.float64],
        dones: npt.NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> None:
        """All lanes have made a step.

        Args:
            rewards: (n,) float64.
            dones: which episodes have ended, (n,) bool.
            infos: of each lane; those of ended episodes get `episode`.
        """
        self._returns += rewards
        self._lengths += 1
        for lane in np.flatnonzero(dones).tolist():
            info = infos[lane]
            episode = {
                "r": round(self._returns.item(lane), 6),
                "l": self._lengths.item(lane),
                "t": round(time.time() - self._start, 6),
            }
            for name in self._keywords:
                if name not in info:
                    raise ValueError(
                        f"info_keywords has {name!r}; allowed are {', '.join(sorted(info))}"
                    )
                episode[name] = info[name]
            if self._writers:
                self._writers[lane].write_row(episode)
            info["episode"] = episode
        self._returns[dones] = 0
        self._lengths[dones] = 0

    def close(self) -> None:
        """Close the files. May be called again."""
        for writer in self._writers:
            writer.close()
