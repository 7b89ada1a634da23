#!/bin/sh
# Installs all that copain-gym needs: system packages, a virtual environment, the package with
# its extras, the headless engine. The Makefile, the Dockerfile and continuous integration share
# it. Running it again takes seconds.
#
# Environment:
#   PYTHON       interpreter of the virtual environment (python3)
#   VENV         where to put it (.venv)
#   EXTRAS       extras of the package to install (train,video,dev)
#   CONSTRAINTS  pip constraints file (constraints.txt); /dev/null for none
set -eu
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
EXTRAS=${EXTRAS:-train,video,dev}
CONSTRAINTS=${CONSTRAINTS:-constraints.txt}

# What runs: fceux. What builds the bridge's C module: gcc, pkg-config, the Lua and ZeroMQ headers.
# What builds the headless engine: g++, make, cmake, patch, xz-utils, the zlib headers. What
# rebuilds the bundled game: cc65. What the tests need: lua5.1 for the second adapter, xvfb,
# xfonts-base, xdotool, x11-utils and x11-apps for the window.
PACKAGES="fceux gcc g++ make cmake patch xz-utils pkg-config liblua5.1-0-dev libzmq3-dev
zlib1g-dev cc65 lua5.1 xvfb xfonts-base xdotool x11-utils x11-apps python3-venv"

say() { printf '%s\n' "setup: $*"; }
die() { printf '%s\n' "setup: $*" >&2; exit 1; }

missing=
if command -v dpkg-query >/dev/null 2>&1; then
    for package in $PACKAGES; do
        # A Python from elsewhere brings its own venv.
        if [ "$package" = python3-venv ] && "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
            continue
        fi
        status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
        case $status in ii*) ;; *) missing="$missing $package" ;; esac
    done
fi
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    for program in gcc g++ make cmake pkg-config cc65; do
        command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
    done
    [ -z "$missing" ] || die "this system has no apt; install what Debian calls:" $PACKAGES
elif [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
        as_root=sudo
    else
        die "run this as root, or let an administrator run: apt-get install$missing"
    fi
    say "installing$missing"
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $missing
fi

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
    || die "$PYTHON is $("$PYTHON" --version); Python 3.10 or newer is needed (set PYTHON)"
[ -x "$VENV/bin/python" ] || { say "creating $VENV"; "$PYTHON" -m venv "$VENV"; }

# Installing again is needed only when something changed that the installation depends on.
export VENV CONSTRAINTS
scripts/mend_moved.sh
stamp=$(scripts/build_stamp.sh)
stamp="$stamp $EXTRAS $(pwd)"
if [ "$(cat "$VENV/.copain-stamp" 2>/dev/null)" != "$stamp" ]; then
    say "installing copain-gym[$EXTRAS] into $VENV"
    "$VENV/bin/python" -m pip install -q -c "$CONSTRAINTS" -e ".[$EXTRAS]"
    printf '%s\n' "$stamp" >"$VENV/.copain-stamp"
fi

# Everything works without the headless engine, more slowly.
"$VENV/bin/copain" engine build ||
    say "the headless engine was not built; the stock emulator takes its place"
say "ready: $VENV/bin/copain"
