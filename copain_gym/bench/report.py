"""Output of the results: a table on the screen, a JSON file, a plot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from copain_gym.bench.suite import RATIOS
from copain_gym.files import write_file

__all__ = ["print_report", "write_json", "write_plot"]


def print_report(results: dict[str, Any]) -> None:
    """Print all rows: medians, ranges, and which contenders were left out and why."""
    machine, behaviour = results["machine"], results["behaviour"]
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average']:.1f}")
    print(
        f"{results['game']}, frame skip 4, no sound; frames/s count frames, steps/s environment "
        f"steps"
    )
    if not behaviour["compared"]:
        print(f"behaviour was not compared with stable-retro: {behaviour['why_not']}")
    elif behaviour["equal"]:
        print(f"same score and lives as in stable-retro after each of {behaviour['steps']} steps")
    else:
        print(f"DIFFERENT from stable-retro since step {behaviour['first_difference']}")
    for row in results["rows"].values():
        print(f"\n{row['title']} ({row['unit']})")
        for one in row["contenders"]:
            if "left_out" in one:
                print(f"  {one['name']:32} left out: {one['left_out']}")
            else:
                print(
                    f"  {one['name']:32}{one['median']:>10,.0f}"
                    f"   ({one['min']:,.0f} to {one['max']:,.0f})"
                )
    for name, value in results["extra"].items():
        print(f"{name}: {json.dumps(value)}")
    print()
    for name, value in results["ratios"].items():
        shown = "left out" if value is None else f"{value:,.2f}"
        print(f"  {name:34}{shown:>10}   {RATIOS[name]}")


def write_json(results: dict[str, Any], path: Path) -> None:
    """Write the results to a file."""
    write_file(path, json.dumps(results, indent=1) + "\n")


def write_plot(results: dict[str, Any], path: Path) -> bool:
    """Plot one panel of bars for each row.

    Returns:
        False if Matplotlib is not installed.
    """
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return False
    rows = [
        (row, [c for c in row["contenders"] if "median" in c]) for row in results["rows"].values()
    ]
    rows = [(row, found) for row, found in rows if found]
    columns = 2
    lines = -(-len(rows) // columns)
    figure, axes = pyplot.subplots(
        lines, columns, figsize=(13, 0.6 + 2.2 * lines), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(rows) :]:
        axis.axis("off")
    for axis, (row, found) in zip(axes.flat, rows, strict=False):
        names = [c["name"] for c in found][::-1]
        medians = [c["median"] for c in found][::-1]
        low = [c["median"] - c["min"] for c in found][::-1]
        high = [c["max"] - c["median"] for c in found][::-1]
        colours = ["#1f6fb2" if name.startswith("copain") else "#9a9a9a" for name in names]
        axis.barh(names, medians, xerr=[low, high], color=colours, ecolor="#333333", capsize=3)
        for k, median in enumerate(medians):
            axis.text(median + high[k], k, f"  {median:,.0f}", va="center", fontsize=8)
        axis.margins(x=0.15)
        axis.set_ylim(-0.6, max(len(found), 3) - 0.4)
        axis.set_title(row["title"], fontsize=10, loc="left")
        axis.set_xlabel(row["unit"], fontsize=8)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    machine = results["machine"]
    figure.suptitle(
        f"{results['game']}, frame skip 4, medians and range; {machine['processor']}, "
        f"{machine['cores']} cores",
        fontsize=11,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True
