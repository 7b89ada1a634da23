"""A worker process with one contender: `python -m copain_gym.bench.worker`.

Each request and each answer is one line of JSON. `{"make": NAME, "options": {...}}` makes a
contender. `{"work": N}` lets it do N units and answers how many seconds that took. `{"ask": NAME,
"options": {...}}` calls a function once. A contender is an object with `work(n)` and `close()`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

__all__ = ["main"]


def _find(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(f"copain_gym.bench.{module}"), function)


def main() -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # so that the output of libraries does not mix with the answers
    contender: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "make" in request:
                contender = _find(request["make"])(**request["options"])
                answer: dict[str, Any] = {"ok": True}
            elif "work" in request:
                begin = time.perf_counter()
                contender.work(request["work"])
                answer = {"seconds": time.perf_counter() - begin}
            else:
                answer = {"result": _find(request["ask"])(**request["options"])}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)
    with contextlib.suppress(Exception):
        if contender is not None:
            contender.close()


if __name__ == "__main__":
    main()
