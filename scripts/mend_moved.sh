#!/bin/sh
# Mends a checkout that was moved or copied from another place. CMake refuses a build folder that
# was made elsewhere, so it goes; the programs in the virtual environment name the Python of the
# old place, so they get the new one.
#
# Environment:
#   VENV  the virtual environment (.venv)
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}

for cache in build/*/CMakeCache.txt; do
    [ -f "$cache" ] || continue
    source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
    if [ "$source" != "$(pwd)" ] && [ "$source" != "$(pwd -P)" ]; then
        echo "setup: ${cache%/*} was made in $source: building anew"
        rm -rf "${cache%/*}"
    fi
done

[ -f "$VENV/bin/activate" ] || exit 0
here=$(cd "$VENV" && pwd)
old=$(sed -n "s|.*VIRTUAL_ENV=[\"']*\(/[^\"']*\).*|\1|p" "$VENV/bin/activate" | head -n 1)
if [ -n "$old" ] && [ "$old" != "$here" ] && [ "$old" != "$(cd "$VENV" && pwd -P)" ]; then
    echo "setup: $VENV was made in $old: its programs get the new place"
    grep -lIF "$old" "$VENV"/bin/* | while read -r program; do
        sed -i "s|$old|$here|g" "$program"
    done
fi
