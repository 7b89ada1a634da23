"""A server that answers nonsense: always a `CopainError` that names it, in time and memory."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest

from copain_gym import CopainError, Emulator, EmulatorTimeout, PoolError, RemoteLuaError, StartError
from copain_gym.vector import NesVectorEnv
from copain_gym.vector.worker import FAULTS

from .nonsense import ANSWERS, USES, Answer, Nonsense, nonsense_server, random_answer, says

TIMEOUT = 0.5
LIMIT = 256 << 20  # bytes of Python objects; a message may have 32 MiB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nonsense]:
    with nonsense_server(tmp_path_factory.mktemp("keys")) as running:
        yield running


def use(server: Nonsense, name: str, answer: Answer, sane_first: int = 2) -> CopainError | None:
    """What using a server raises; anything else than a CopainError goes on.

    `hello` and the first `observe` are answered sanely, or as many requests as `sane_first`.
    """
    server.begin(answer, sane_first)
    begun = time.monotonic()
    try:
        emulator = Emulator.connect(
            server.endpoint, keys=server.keys, timeout=TIMEOUT, start_timeout=2.0
        )
        tracemalloc.reset_peak()
        try:
            USES[name](emulator)
        finally:
            emulator.close()
            assert tracemalloc.get_traced_memory()[1] < LIMIT
    except CopainError as error:
        # The frames that it leads to hold what was received.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return error
    finally:
        assert time.monotonic() - begun < 4 * TIMEOUT + 2
    return None


def check(server: Nonsense, error: CopainError) -> None:
    assert server.endpoint in str(error), repr(error)
    assert isinstance(error, FAULTS), repr(error)
    assert len(str(error)) < 110_000


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, server: Nonsense) -> None:
    answer_with(name, ["step", "screen", "save", "lua text", "run_lua"], server)


@pytest.mark.torture
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_to_each_use(name: str, server: Nonsense) -> None:
    answer_with(name, list(USES), server)


def answer_with(name: str, uses: Sequence[str], server: Nonsense) -> None:
    tracemalloc.start()
    try:
        errors = {f"hello {n}": use(server, "connect", ANSWERS[name], n) for n in (0, 1)}
        errors |= {one: use(server, one, ANSWERS[name]) for one in uses}
    finally:
        tracemalloc.stop()
    for error in errors.values():
        if error is not None:
            check(server, error)
    # What is no observation is never taken for one.
    assert all(errors[one] for one in ("hello 0", "hello 1", "step", "screen"))


@pytest.mark.parametrize("name", USES)
def test_a_sane_server_is_believed(name: str, server: Nonsense) -> None:
    """The server of these tests would be taken for a real one, if it did not answer nonsense."""
    assert use(server, name, says(None), 1000) is None


def test_random_answers(server: Nonsense) -> None:
    answer_at_random(300, server)


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_many_random_answers(
    server: Nonsense, record_property: Callable[[str, object], None]
) -> None:
    count = 20_000
    answer_at_random(count, server)
    record_property("figure", f"{count:,} random servers, each an error that names it or harmless")


def answer_at_random(count: int, server: Nonsense) -> None:
    outcomes: Counter[str] = Counter()
    names = list(USES)
    for seed in range(count):
        name, sane_first = names[seed % len(names)], seed // len(names) % 5
        error = use(server, name, random_answer(seed), sane_first)
        outcomes[type(error).__name__] += 1
        if error is not None:
            check(server, error)
    assert outcomes["ProtocolError"] > count / 3


def test_events_do_not_prolong_the_time_out(server: Nonsense) -> None:
    server.begin(says([2, 1]), 3)
    with Emulator.connect(server.endpoint, keys=server.keys, timeout=1.0) as emulator:
        called = []
        emulator.lua.emu.registerafter(lambda: called.append(1))
        begun = time.monotonic()
        with pytest.raises(EmulatorTimeout, match=r"at tcp://\S+ did not answer within 1\.01 s"):
            emulator.step()
        assert len(called) > 10
        assert 0.9 < time.monotonic() - begun < 2.5


def test_time_in_callbacks_does_not_count(server: Nonsense) -> None:
    """Three events with slow callbacks, then the answer: within the time-out."""
    events = iter([[2, 1]] * 3)
    server.begin(lambda name: says(next(events, [0, 1, 0, bytes(2048)]))(name), 3)
    with Emulator.connect(server.endpoint, keys=server.keys, timeout=1.0) as emulator:
        emulator.lua.emu.registerafter(lambda: time.sleep(0.5))
        assert emulator.step(draw=False).shape == (2048,)


def test_callbacks_within_callbacks_have_an_end(server: Nonsense) -> None:
    server.begin(says([2, 1]), 3)
    with Emulator.connect(server.endpoint, keys=server.keys, timeout=5.0) as emulator:
        emulator.lua.emu.registerafter(lambda: emulator.memory[0])
        with pytest.raises(CopainError, match=r"within each other|closed"):
            emulator.step()


def test_error_of_another_machine_names_it(server: Nonsense) -> None:
    error = use(server, "step", says([1, "no such thing", "trace"]))
    assert isinstance(error, RemoteLuaError)
    assert str(error) == f"no such thing (the emulator at {server.endpoint})"


@pytest.mark.parametrize("name", ["an error", "RAM of 3 bytes", "nils"])
def test_pool(name: str, server: Nonsense) -> None:
    """A pool counts nonsense as the server's fault, and gives up after as many as are allowed."""
    server.begin(ANSWERS[name], 3)
    envs = NesVectorEnv(endpoints=[server.endpoint], keys=server.keys, max_faults=2)
    try:
        with pytest.raises(PoolError, match=server.endpoint):
            envs.reset()
    finally:
        envs.close()


def test_start_that_never_comes(server: Nonsense) -> None:
    """The server's console never moves: the search for the start of play ends all the same."""
    server.begin(says(None), 1_000_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        envs = NesVectorEnv(endpoints=[server.endpoint], keys=server.keys)
    try:
        with pytest.raises((StartError, PoolError), match=server.endpoint):
            envs.reset()
    finally:
        envs.close()
