"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cpu_quota", "usable_cores"]


def usable_cores() -> int:
    """Cores that this process may use, at least 1.

    These are the cores of its affinity; fewer where a CPU quota of a control group, as containers
    have it, allows less processor time. Part of a core does not count.
    """
    cores = len(os.sched_getaffinity(0))
    return max(1, int(min(cores, cpu_quota())))


def cpu_quota(
    groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> float:
    """The least CPU quota of this process's control group and those above it.

    Args:
        groups: file that names the groups, see cgroups(7).
        root: where control groups are mounted, of version 1 or 2.

    Returns:
        Cores, for instance 1.5; infinite where there is no quota.
    """
    quota = float("inf")
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return quota
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        for top in (root, root / controllers, root / "cpu"):
            # A container sees its own group as the root, whatever it is called outside.
            group = Path(path.strip("/"))
            for folder in (group, *group.parents):
                quota = min(quota, _quota_of(top / folder))
    return quota


def _quota_of(folder: Path) -> float:
    """The quota of one group in cores."""
    try:
        if (folder / "cpu.max").exists():  # version 2
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        if quota.strip() in ("max", "-1"):
            return float("inf")
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return float("inf")
