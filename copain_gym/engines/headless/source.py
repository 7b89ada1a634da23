"""Gets FCEUX's source: downloads Debian 12's archive, verifies, unpacks and patches it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from copain_gym.errors import CopainError

__all__ = ["ARCHIVE", "ARCHIVE_SHA256", "SourceError", "get_archive", "unpack"]

ARCHIVE = "fceux_2.6.5+dfsg1.orig.tar.xz"
ARCHIVE_SHA256 = "bcef39c5fba1fd9e428fb0ac3ab8c105c375a71eb1d2803751b474e399bc1dd0"
_TIMEOUT = 300  # seconds, for apt


class SourceError(CopainError):
    """FCEUX's source cannot be downloaded, or is not the expected one."""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def get_archive(folder: Path, source: Path | None = None) -> Path:
    """Get the source archive into `folder`.

    Args:
        folder: folder for the archive; one that is already there is used.
        source: an archive that the user provides; None downloads it with apt.

    Returns:
        The archive's path.

    Raises:
        SourceError: the archive cannot be downloaded, or its checksum is wrong.
    """
    target = folder / ARCHIVE
    if source is not None:
        if not source.is_file():
            raise SourceError(f"the source archive {str(source)!r} is not a file")
        found = _sha256(source)
        if found != ARCHIVE_SHA256:
            raise SourceError(
                f"{str(source)!r} is not {ARCHIVE}: its SHA-256 is {found}, not {ARCHIVE_SHA256}"
            )
    elif target.is_file() and _sha256(target) == ARCHIVE_SHA256:
        return target
    else:
        source = _download(folder)
        found = _sha256(source)
        if found != ARCHIVE_SHA256:
            raise SourceError(
                f"apt downloaded a different {source.name}: its SHA-256 is {found}, "
                f"not {ARCHIVE_SHA256}; give the right one with --source FILE"
            )
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{ARCHIVE}.{os.getpid()}"
    shutil.copyfile(source, partial)
    partial.replace(target)
    shutil.rmtree(folder / "apt", ignore_errors=True)
    return target


def _download(folder: Path) -> Path:
    """Download the archive with apt, from the machine's own mirrors, into a private directory."""
    if shutil.which("apt-get") is None:
        raise SourceError(
            f"FCEUX's source is downloaded with apt-get, which this machine lacks; get {ARCHIVE} "
            "of Debian 12 (source package fceux) and give it with --source FILE"
        )
    private = folder / "apt"
    shutil.rmtree(private, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "sources"):
        (private / name).mkdir(parents=True)
    count = 0
    for name, text in _source_lists():
        (private / "sources" / name).write_text(text)
        count += 1
    if not count:
        raise SourceError(
            "this machine's apt has no Debian or Ubuntu sources to download FCEUX from; "
            f"give {ARCHIVE} with --source FILE"
        )
    options = [
        *("-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={private}/sources"),
        *("-o", f"Dir::State::lists={private}/lists", "-o", f"Dir::Cache={private}/cache"),
        *("-o", "APT::Get::List-Cleanup=0", "-o", "APT::Sandbox::User="),
    ]
    update = _apt(["apt-get", *options, "update"], private)
    version = ARCHIVE.split("_")[1].removesuffix(".orig.tar.xz")
    wanted = f"fceux={version}-2"  # the Debian revision of bookworm
    command = ["apt-get", *options, "source", "--tar-only", "--download-only"]
    try:
        _apt([*command, wanted], private)
    except SourceError:
        try:
            _apt([*command, "fceux"], private)
        except SourceError as error:
            # An update that reaches no server is a warning for apt.
            failed = re.search(r"Failed to fetch \S+\s+(.*)", update)
            if failed is None:
                raise
            raise SourceError(
                f"FCEUX's source cannot be downloaded: apt-get cannot fetch its package lists "
                f"({failed[1].strip()}). Is there a network? Without one, get {ARCHIVE} of "
                f"Debian 12 (source package fceux) on another machine, and copy it to {folder} "
                f"or give it with `copain engine build --source FILE`"
            ) from error
    archives = sorted(private.glob("*.orig.tar.*"))
    if not archives:
        raise SourceError(f"apt downloaded no source of fceux; give {ARCHIVE} with --source FILE")
    return archives[0]


def _apt(command: list[str], folder: Path) -> str:
    """Run apt-get; returns what it wrote to stderr."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise SourceError(
            f"{' '.join(command[:1] + command[-1:])} took over {_TIMEOUT} s"
        ) from None
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise SourceError(
            f"apt-get could not download FCEUX's source; give {ARCHIVE} with --source FILE:\n{tail}"
        )
    return done.stderr


def _source_lists() -> Iterator[tuple[str, str]]:
    """The machine's apt sources, with `deb` replaced by `deb-src`; only Debian's or Ubuntu's."""
    etc = Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".sources":
            stanzas = [s for s in re.split(r"\n\s*\n", text) if _is_distribution(s)]
            if stanzas:
                text = "\n\n".join(re.sub(r"(?m)^Types:.*$", "Types: deb-src", s) for s in stanzas)
                yield path.name, text + "\n"
        elif path.suffix == ".list":
            lines = [line for line in text.splitlines() if re.match(r"\s*deb\s", line)]
            lines = [re.sub(r"^\s*deb\s", "deb-src ", s) for s in lines if _is_distribution(s)]
            if lines:
                yield path.name, "\n".join(lines) + "\n"


def _is_distribution(entry: str) -> bool:
    """Whether an apt source has a distribution's own packages: it has the component `main`."""
    return re.search(r"\bmain\b", entry) is not None and "cloud-sdk" not in entry


def unpack(archive: Path, folder: Path, patches: list[Path]) -> Path:
    """Unpack the archive into `folder` and apply the patches.

    Returns:
        The folder of the patched source.

    Raises:
        SourceError: a patch does not fit.
    """
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:  # Python older than 3.10.12
            tar.extractall(folder)  # safe, as the checksum was verified
    (root,) = [path for path in folder.iterdir() if (path / "src" / "fceu.cpp").is_file()]
    for patch in patches:
        _apply(patch, root)
    return root


_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def _apply(patch: Path, root: Path) -> None:
    """Apply a unified diff. Every line must match, as the source version is fixed."""
    path: Path | None = None
    source: list[bytes] = []
    result: list[bytes] = []
    at = 0  # number of lines of `source` already handled

    def finish() -> None:
        if path is not None:
            path.write_bytes(b"".join(result + source[at:]))

    lines = patch.read_bytes().splitlines(keepends=True)
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith(b"--- a/"):
            finish()
            path = root / line[6:].strip().decode()
            source, result, at = path.read_bytes().splitlines(keepends=True), [], 0
        elif (hunk := _HUNK.match(line)) and path is not None:
            old = int(hunk[2] or 1)
            start = int(hunk[1]) - (1 if old else 0)
            result += source[at:start]
            at = start
            while number < len(lines) and lines[number][:1] in (b" ", b"+", b"-"):
                kind, text = lines[number][:1], lines[number][1:]
                number += 1
                if lines[number : number + 1] == [b"\\ No newline at end of file\n"]:
                    text, number = text.rstrip(b"\n"), number + 1
                if kind != b"+":
                    if at >= len(source) or source[at] != text:
                        raise SourceError(f"{patch.name} does not fit {path.name} at line {at + 1}")
                    at += 1
                if kind != b"-":
                    result.append(text)
    finish()
