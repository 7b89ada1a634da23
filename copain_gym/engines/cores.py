"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cpu_quota", "usable_cores"]


def usable_cores() -> int:
    """Number of cores that this process may use, at least 1.

    This is the number of cores in its CPU affinity, or less if a control group's CPU quota (set
    for instance by a container) allows less. Fractions of a core are rounded down.
    """
    cores = len(os.sched_getaffinity(0))
    return max(1, int(min(cores, cpu_quota())))


def cpu_quota(
    groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> float:
    """The smallest CPU quota of this process's control group and the groups above it.

    Args:
        groups: file that lists the process's groups, see cgroups(7).
        root: where control groups are mounted, of version 1 or 2.

    Returns:
        Quota in cores, for instance 1.5; infinity without a quota.
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
            # In a container its own group is the root, under whatever name the host gave it.
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
