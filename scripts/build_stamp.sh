#!/bin/sh
# Prints a hash of all that an installation from this checkout depends on: another hash means that
# it has to be installed again. Python and Lua files are used from the checkout and do not count.
#
# Environment:
#   CONSTRAINTS  pip constraints file (constraints.txt)
set -eu
cd "$(dirname "$0")/.."

{
    cat pyproject.toml CMakeLists.txt "${CONSTRAINTS:-constraints.txt}" scripts/*.sh scripts/*.py
    find lua copain_gym -name '*.[ch]' | LC_ALL=C sort | xargs cat
} | sha256sum | cut -d' ' -f1
