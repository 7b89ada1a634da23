#!/bin/sh
# Installs PyTorch, in the version that the constraints name, into the virtual environment.
# Without an NVIDIA GPU it is the CPU build wherever one can be had: the other one brings gigabytes
# of CUDA libraries, and is what an ordinary package index has. A PyTorch that is there stays.
#
# Options:
#   --installed  only print the version that is there
#
# Environment:
#   VENV         the virtual environment (.venv)
#   CONSTRAINTS  pip constraints file (constraints.txt); one without torch leaves the choice to pip
#   TORCH        cpu: the CPU build if it can be had; cuda: the one with CUDA; auto (the default):
#                cuda with an NVIDIA GPU, else cpu
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
CONSTRAINTS=${CONSTRAINTS:-constraints.txt}
TORCH=${TORCH:-auto}
python=$VENV/bin/python

say() { printf '%s\n' "setup: $*"; }
die() { printf '%s\n' "setup: $*" >&2; exit 1; }

installed() {
    "$python" -c 'import importlib.metadata as m; print(m.version("torch"))' 2>/dev/null || true
}

has_gpu() {
    command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q '^GPU'
}

# From the index and the folders that pip is configured for.
cpu_by_pip() {
    "$python" -m pip install -q -c "$CONSTRAINTS" "torch==$version+cpu" >/dev/null 2>&1
}

# uv knows where PyTorch has its CPU builds. Its own dependencies come with the rest, from pip.
cpu_by_uv() {
    uv=$(command -v uv || true)
    if [ -z "$uv" ]; then
        "$python" -m pip install -q --target "$work" uv >/dev/null 2>&1 || return 1
        uv=$work/bin/uv
    fi
    UV_HTTP_CONNECT_TIMEOUT=10 UV_HTTP_TIMEOUT=30 UV_HTTP_RETRIES=1 "$uv" pip install -q \
        --python "$python" --no-deps --torch-backend=cpu "torch==$version" >/dev/null 2>&1
}

if [ "${1:-}" = --installed ]; then
    installed
    exit
fi
case $TORCH in auto | cpu | cuda) ;; *) die "TORCH is $TORCH; allowed are auto, cpu and cuda" ;; esac
version=$(sed -n 's/^torch==\([^ ;#+]*\).*/\1/p' "$CONSTRAINTS")
if [ -z "$version" ] || [ -n "$(installed)" ]; then
    exit 0
fi
if [ "$TORCH" = auto ]; then
    if has_gpu; then TORCH=cuda; else TORCH=cpu; fi
fi
size="about 3 GB to download and 5.4 GB in $VENV"
if [ "$TORCH" = cuda ]; then
    say "PyTorch $version comes with the CUDA libraries, for an NVIDIA GPU: $size"
    say "to have the CPU build instead: Ctrl-C, then \`make setup TORCH=cpu\`"
else
    say "looking for the CPU build of PyTorch $version"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    if cpu_by_pip || cpu_by_uv; then
        say "installed PyTorch $(installed)"
        exit 0
    fi
    say "the CPU build cannot be had here: pip's package index has none, and PyTorch's own index" \
        "(which uv asks) cannot be reached"
    say "the ordinary build comes in its place. On x86-64 it has CUDA libraries, which are of no use" \
        "without an NVIDIA GPU: $size"
    say "to do without training instead: Ctrl-C, then \`make setup EXTRAS=video,dev\`"
fi
"$python" -m pip install -q -c "$CONSTRAINTS" "torch==$version"
