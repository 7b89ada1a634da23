"""The process of one worker: an `Expander` that answers requests of a search.

`python -m copain_gym.search.worker DESCRIPTOR` serves the connection with this file descriptor
until the search closes it, or ends for any other reason.
"""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from copain_gym.search.batch import Expander, Missing

__all__ = ["serve"]


def serve(connection: Connection) -> None:
    """Answer requests until the other side is closed.

    A request is a tuple of its name and its arguments. The answer is `("ok", result)`, `("missing",
    None)` or `("error", exception)`.
    """
    expander: Expander | None = None
    try:
        while True:
            try:
                name, *arguments = connection.recv()
            except EOFError:
                return
            try:
                if name == "start":
                    expander = Expander(*arguments)
                    result: Any = (
                        expander.start_log,
                        expander.rom,
                        expander.region,
                        expander.pid,
                    )
                else:
                    assert expander is not None
                    result = getattr(expander, name)(*arguments)
                    if name == "expand":
                        result = result, expander.frames
                answer: tuple[str, Any] = ("ok", result)
            except Missing as missing:
                answer = "missing", missing.args[0]
            except Exception as error:
                answer = "error", error
            connection.send(answer)
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        if expander is not None:
            expander.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the search, which ends this
    serve(Connection(int(sys.argv[1])))
