#!/bin/sh
# Installs the other packages that `copain bench` measures (the extra `bench`) into the virtual
# environment, one by one. The tables leave out those that cannot be installed on this machine.
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
CONSTRAINTS=${CONSTRAINTS:-$VENV/.copain-constraints}  # made by scripts/setup.sh

"$VENV/bin/python" - <<'PYTHON' | while read -r requirement; do
import importlib.metadata
for line in importlib.metadata.requires("copain-gym") or ():
    name, _, marker = line.partition(";")
    if "bench" in marker:
        print(name.replace(" ", ""))
PYTHON
    "$VENV/bin/python" -m pip install -q -c "$CONSTRAINTS" "$requirement" ||
        printf '%s\n' "bench: $requirement cannot be installed here and is left out"
done
