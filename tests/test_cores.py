"""CPU quotas of control groups count as fewer cores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copain_gym.bridge.transport_shm import _SpinPolicy
from copain_gym.engines import cores
from copain_gym.engines.cores import cpu_quota, usable_cores


def groups(folder: Path, line: str, files: dict[str, str]) -> tuple[Path, Path]:
    """Files as the kernel has them: /proc/self/cgroup and what lies below /sys/fs/cgroup."""
    (folder / "groups").write_text(f"7:pids:/\n{line}\n")
    for name, text in files.items():
        file = folder / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "groups", folder / "root"


V1 = {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("line", "files", "cores"),
    [
        ("0::/", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/", {"cpu.max": "max 100000\n"}, float("inf")),
        ("0::/", {}, float("inf")),
        ("0::/a/b", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "200000 100000\n"}, 2.0),
        ("0::/docker/abc", {"cpu.max": "300000 100000\n"}, 3.0),  # seen from inside it
        ("4:cpu,cpuacct:/a", {f"cpu,cpuacct/a/{name}": text for name, text in V1.items()}, 0.5),
        ("4:cpu:/a", {f"cpu/{name}": text for name, text in V1.items()}, 0.5),
        ("4:cpu:/", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "1\n"}, float("inf")),
        ("4:memory:/", {f"memory/{name}": text for name, text in V1.items()}, float("inf")),
    ],
)
def test_quotas(line: str, files: dict[str, str], cores: float, tmp_path: Path) -> None:
    assert cpu_quota(*groups(tmp_path, line, files)) == cores


def test_no_file_of_groups(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path / "none", tmp_path) == float("inf")


@pytest.mark.parametrize(("quota", "usable"), [(0.5, 1), (1.9, 1), (2.0, 2), (99.0, 4)])
def test_usable_cores(quota: float, usable: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert usable_cores() == usable


def test_no_spinning_within_a_quota_of_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python and an emulator that spin would use the quota up twice as fast."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(cores, "cpu_quota", lambda: 1.5)
    policy = _SpinPolicy()
    policy.count(1)
    assert not policy.core_is_free()
