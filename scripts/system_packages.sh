#!/bin/sh
# Installs the system packages that copain-gym needs, with apt, as root or with sudo.
#
# Environment:
#   PYTHON  interpreter of the virtual environment (python3)
#   EXTRAS  extras of the package; with `dev`, what the tests need is installed, too (train,video,dev)
set -eu
PYTHON=${PYTHON:-python3}
EXTRAS=${EXTRAS:-train,video,dev}

say() { printf '%s\n' "setup: $*"; }
die() { printf '%s\n' "setup: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# What runs: fceux. What builds the bridge's C module: gcc, pkg-config, the Lua and ZeroMQ headers.
# What builds the headless engine: g++, make, cmake, patch, xz-utils, the zlib headers. What
# rebuilds the bundled game: cc65.
PACKAGES="fceux gcc g++ make cmake patch xz-utils pkg-config liblua5.1-0-dev libzmq3-dev
zlib1g-dev cc65 python3-venv"

# What the tests need: lua5.1 for the second adapter; xvfb, xfonts-base, xdotool, x11-utils and
# x11-apps for the window; a browser with its driver for HTML pages.
case ",$EXTRAS," in *,dev,*)
    PACKAGES="$PACKAGES lua5.1 xvfb xfonts-base xdotool x11-utils x11-apps"
    if ! has chromedriver || ! { has chromium || has google-chrome; }; then
        if grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
            PACKAGES="$PACKAGES chromium chromium-driver"
        else # Ubuntu has both as snaps only
            say "the tests of HTML pages need Chromium or Chrome, and chromedriver; install them"
        fi
    fi ;;
esac

missing=
if has dpkg-query; then
    for package in $PACKAGES; do
        # A Python from elsewhere brings its own venv.
        if [ "$package" = python3-venv ] && "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
            continue
        fi
        status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
        case $status in ii*) ;; *) missing="$missing $package" ;; esac
    done
fi
if ! has dpkg-query || ! has apt-get; then
    for program in gcc g++ make cmake pkg-config cc65; do
        has "$program" || missing="$missing $program"
    done
    [ -z "$missing" ] || die "this system has no apt; install what Debian calls:" $PACKAGES
elif [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif has sudo && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    elif has sudo && [ -t 0 ]; then
        as_root=sudo
    else
        die "run this as root, or let an administrator run: apt-get install$missing"
    fi
    say "installing$missing"
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $missing
fi
