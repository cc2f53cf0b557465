#!/usr/bin/env bash
# Runs the tests that want tmux; installs it where it is not there (Debian).
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v tmux >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends tmux
fi
HOTDEV_REQUIRE_TMUX=1 exec go test -count=1 -run 'InTmux$' "$@" .
