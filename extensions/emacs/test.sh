#!/usr/bin/env bash
# Runs Emacs in batch mode with eglot, with lsp-mode beside gopls, and with dape.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../testing/lib.sh"

workspace
mkdir "$base/bin"
ln -s "$HOTDEV" "$base/bin/hotdev"
export PATH=$base/bin:$PATH FILE=$app/api/api.go BASE=$base URL=http://127.0.0.1:$port/api/hello

# way NAME EMACS: runs NAME-test.el in EMACS, on the demo as it is, not started.
way() {
  "$HOTDEV" stop -C "$app" >/dev/null 2>&1 || true # no daemon may run yet
  cp "$HERE/../demo/api/api.go" "$FILE"
  if timeout 900 "$2" -Q --batch -l "$HERE/$1-test.el" >"$base/$1" 2>&1; then
    grep '^ok - ' "$base/$1" | sed "s/^ok - /ok - $1: /"
    passed=$((passed + $(grep -c '^ok - ' "$base/$1")))
  else
    echo "not ok - $1"
    cat "$base/$1"
    failed=$((failed + 1))
  fi
}

way eglot emacs
way lspmode emacs
if command -v emacs-dape >/dev/null; then
  way dape emacs-dape
else
  echo "ok - dape # SKIP it can't be installed"
  skipped=$((skipped + 1))
fi

finish
