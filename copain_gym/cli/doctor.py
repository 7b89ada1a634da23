"""`copain doctor`."""

from __future__ import annotations

from dataclasses import asdict

from copain_gym.cli.command import Exit, Flag, print_json

__all__ = ["doctor"]


def doctor(*, json: Flag = False) -> int:
    """Check that everything the package needs works: files, FCEUX, the engines.

    Exit status: 0 everything that is required works, 1 something does not.

    Args:
        json: Print one JSON object instead of text.
    """
    from copain_gym.cli.checks import diagnose

    checks = []
    well = True
    for check in diagnose():
        checks.append(asdict(check))
        well = well and (check.ok or not check.required)
        if not json:
            mark = "ok  " if check.ok else "FAIL" if check.required else "--  "
            print(f"{mark} {check.name}: {check.detail}", flush=True)
            if not check.ok and check.remedy:
                print(f"     {check.remedy}", flush=True)
    if json:
        print_json({"ok": well, "checks": checks})
    return Exit.SUCCESS if well else Exit.FAILURE
