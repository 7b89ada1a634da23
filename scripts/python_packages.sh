#!/bin/sh
# Makes the virtual environment and installs the packages of others that copain-gym needs, but not
# copain-gym itself: only pyproject.toml and the constraints decide what comes.
#
# Environment: see setup.sh
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
EXTRAS=${EXTRAS:-train,video,dev}
CONSTRAINTS=${CONSTRAINTS:-constraints.txt}
export VENV CONSTRAINTS

say() { printf '%s\n' "setup: $*"; }
die() { printf '%s\n' "setup: $*" >&2; exit 1; }

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
    || die "$PYTHON is $("$PYTHON" --version); Python 3.10 or newer is needed (set PYTHON)"
[ -x "$VENV/bin/python" ] || { say "creating $VENV"; "$PYTHON" -m venv "$VENV"; }

case ",$EXTRAS," in *,train,*) scripts/torch.sh ;; esac
say "installing what copain-gym[$EXTRAS] needs into $VENV"
"$VENV/bin/python" scripts/requirements.py "$EXTRAS" >"$VENV/.copain-requirements"
# The build of PyTorch that is there stays.
used=$VENV/.copain-constraints
torch=$(scripts/torch.sh --installed)
if [ -n "$torch" ]; then
    { sed '/^torch=/d' "$CONSTRAINTS"; printf '%s\n' "torch==$torch"; } >"$used"
else
    cat "$CONSTRAINTS" >"$used"
fi
"$VENV/bin/python" -m pip install -q -c "$used" -r "$VENV/.copain-requirements"
