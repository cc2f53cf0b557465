#!/usr/bin/env bash
# Runs Emacs in batch mode with eglot, and with lsp-mode beside gopls.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../testing/lib.sh"

workspace
mkdir "$base/bin"
ln -s "$HOTDEV" "$base/bin/hotdev"
export PATH=$base/bin:$PATH FILE=$app/api/api.go BASE=$base

for way in eglot lspmode; do
  "$HOTDEV" stop -C "$app" >/dev/null 2>&1 || true # none may run yet
  cp "$HERE/../demo/api/api.go" "$FILE"
  if timeout 900 emacs -Q --batch -l "$HERE/$way-test.el" >"$base/$way" 2>&1; then
    grep '^ok - ' "$base/$way" | sed "s/^ok - /ok - $way: /"
    passed=$((passed + $(grep -c '^ok - ' "$base/$way")))
  else
    echo "not ok - $way"
    cat "$base/$way"
    failed=$((failed + 1))
  fi
done
echo "ok - dape # SKIP it is in no package of Debian, and needs Emacs 29"
skipped=$((skipped + 1))

finish
