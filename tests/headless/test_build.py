"""Building: sources, patches, keys. The build itself is what set-up has run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from copain_gym.cli import main as cli
from copain_gym.engines import engine as engine_module
from copain_gym.engines.engine import find_engine
from copain_gym.engines.headless import build as build_module
from copain_gym.engines.headless import find_headless, locations, source
from copain_gym.engines.headless.build import BuildError, build


@pytest.fixture(autouse=True)
def no_named_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPAIN_HEADLESS", raising=False)


@pytest.fixture
def built() -> Path:
    """What set-up has built."""
    executable = find_headless()
    assert executable is not None
    return executable


def run_cli(*arguments: str) -> int:
    return cli.main(["engine", *arguments])


def test_second_build_does_nothing(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = built.stat().st_mtime_ns
    assert run_cli("build") == 0
    assert capsys.readouterr().out == f"already built: {built}\n"
    assert built.stat().st_mtime_ns == before


def test_path(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli("path") == 0
    assert capsys.readouterr().out.strip() == str(built)
    assert run_cli("path", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"path": str(built)}


def test_nothing_is_found_in_an_empty_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COPAIN_CACHE", str(tmp_path))
    assert find_headless() is None
    assert run_cli("path") == 1
    assert "copain engine build" in capsys.readouterr().err


def test_build_of_other_sources_is_not_used_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPAIN_CACHE", str(tmp_path))
    monkeypatch.setenv("COPAIN_ENGINE", "auto")
    monkeypatch.setattr(engine_module, "_warned", False)
    with pytest.warns(RuntimeWarning, match=rf"{tmp_path}/engine has none\), so the several"):
        assert find_engine().name == "fceux"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_engine().name == "fceux"  # it was said
        assert find_engine("fceux").name == "fceux"
    monkeypatch.setattr(engine_module, "_warned", False)
    old = tmp_path / "engine" / "0123456789ab-0123456789ab" / locations.EXECUTABLE
    old.parent.mkdir(parents=True)
    old.touch()
    with pytest.warns(RuntimeWarning, match=r"from the sources of another .*copain engine build"):
        assert find_engine().name == "fceux"


def test_named_engine_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_HEADLESS", "/bin/sh")
    assert find_headless() == Path("/bin/sh")
    monkeypatch.setenv("COPAIN_HEADLESS", "/nowhere")
    with pytest.raises(FileNotFoundError, match="COPAIN_HEADLESS is '/nowhere'"):
        find_headless()


def test_key_follows_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = locations.engine_directory()
    for name in ("driver", "core", "patches", "pgo"):
        shutil.copytree(original / name, tmp_path / name)
    shutil.copy(original / "CMakeLists.txt", tmp_path)
    key = locations.source_key()
    monkeypatch.setattr(locations, "engine_directory", lambda: tmp_path)
    assert locations.source_key() == key
    with (tmp_path / "driver" / "main.cpp").open("a") as file:
        file.write("// changed\n")
    assert locations.source_key() != key


def test_wrong_source_archive(tmp_path: Path) -> None:
    archive = tmp_path / source.ARCHIVE
    archive.write_bytes(b"something else")
    with pytest.raises(source.SourceError, match=source.ARCHIVE_SHA256):
        source.get_archive(tmp_path / "cache", archive)
    with pytest.raises(source.SourceError, match="is not a file"):
        source.get_archive(tmp_path / "cache", tmp_path / "missing.tar.xz")


def test_download_without_a_network(tmp_path: Path) -> None:
    """It says what is wrong and what helps, and nothing of apt's own words about sources."""
    script = (
        "import sys; from pathlib import Path\n"
        "from copain_gym.engines.headless import source\n"
        "try: source.get_archive(Path(sys.argv[1]))\n"
        "except source.SourceError as error: print(error)\n"
    )
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", script, tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.startswith("FCEUX's source cannot be downloaded: apt-get"), done.stderr
    assert "Is there a network?" in done.stdout
    assert f"copy it to {tmp_path} or give it with `copain engine build --source" in done.stdout
    assert "deb-src" not in done.stdout


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"the program cmake.*apt install"):
        build()


def test_compiler_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "missing_tools", list)
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(BuildError, match="compiler 'false' does not run"):
        build()


def test_patch_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    patch = tmp_path / "change.patch"
    patch.write_bytes(b"--- a/file\n+++ b/file\n@@ -2 +2,2 @@\n two\r\n+between\r\n")
    source._apply(patch, tmp_path)
    assert (tmp_path / "file").read_bytes() == b"one\r\ntwo\r\nbetween\r\nthree\r\n"
    patch.write_bytes(b"--- a/file\n+++ b/file\n@@ -1 +1 @@\n-uno\n+one\n")
    with pytest.raises(source.SourceError, match="does not fit file at line 1"):
        source._apply(patch, tmp_path)
