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
#   TORCH        build of PyTorch: auto, cpu or cuda, see torch.sh (auto)
set -eu
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
EXTRAS=${EXTRAS:-train,video,dev}
CONSTRAINTS=${CONSTRAINTS:-constraints.txt}
export PYTHON VENV EXTRAS CONSTRAINTS

say() { printf '%s\n' "setup: $*"; }

scripts/system_packages.sh

# Installing again is needed only when something changed that the installation depends on.
scripts/mend_moved.sh
stamp=$(scripts/build_stamp.sh)
stamp="$stamp $EXTRAS $(pwd)"
if ! [ -x "$VENV/bin/python" ] || [ "$(cat "$VENV/.copain-stamp" 2>/dev/null)" != "$stamp" ]; then
    scripts/python_packages.sh
    say "installing copain-gym into $VENV"
    "$VENV/bin/python" -m pip install -q -c "$VENV/.copain-constraints" -e ".[$EXTRAS]"
    printf '%s\n' "$stamp" >"$VENV/.copain-stamp"
fi

# Everything works without the headless engine, more slowly.
"$VENV/bin/copain" engine build ||
    say "the headless engine was not built; the stock emulator takes its place"
say "ready: $VENV/bin/copain"
