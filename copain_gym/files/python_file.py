"""Python files of the user that define one object, such as a game."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from pathlib import Path

__all__ = ["run_python_file"]


def run_python_file(path: Path, kind: str, variable: str) -> object:
    """Run a Python file and return one of its variables.

    The file can import other files of its folder with `from . import NAME`.

    Args:
        path: the file, absolute.
        kind: what the file is in messages, such as `game`.
        variable: name of the variable.

    Returns:
        The variable's value; None if the file does not define it.

    Raises:
        ValueError: the file is not a Python file, or it fails.
    """
    name = f"copain_gym_{kind}_{path.stem}_{zlib.crc32(bytes(path)):08x}"
    # As a package, so that it can import the files next to it.
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)]
    )
    if spec is None or spec.loader is None:
        raise ValueError(f"{kind} file {path} is not a Python file; allowed are files named *.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ValueError(
            f"{kind} file {path} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    return getattr(module, variable, None)
