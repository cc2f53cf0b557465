#!/usr/bin/env bash
# Tests the editors' extensions with the real editors, the real daemon and the
# demo. Needs Go, Node, curl, and Debian 12 as root for what it installs; what
# can't be installed is skipped, and said so. Closes with the counts of all.
set -uo pipefail
cd "$(dirname "$0")"
. testing/editors.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd .. && go build -o "$work/hotdev" ./cmd/hotdev) || exit 1
export HOTDEV=$work/hotdev

passed=0 failed=0 skipped=0

# suite NAME COMMAND…: runs a suite, shows what it says, and adds its counts,
# which must be its last line.
suite() {
  local name=$1 counts
  shift
  echo "== $name"
  "$@" </dev/null 2>&1 | tee "$work/out"
  counts=$(tail -1 "$work/out")
  if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
  else
    echo "not ok - $name did not come to its end"
    failed=$((failed + 1))
  fi
}

# skip NAME WHY
skip() {
  echo "== $1: SKIPPED: $2"
  skipped=$((skipped + 1))
}

protocol_client && export PROTOCOL_CLIENT=$editors/node
have patchelf tmux curl
gopls || skip gopls "it can't be built"
for release in trixie forky; do
  if neovim "$release"; then
    suite "$("nvim-$release" --version | head -1)" "nvim-$release" --clean --headless -l nvim/tests/run.lua
  else
    skip "Neovim of $release" "it can't be installed"
  fi
done
if helix; then suite "$(hx --version)" helix/test.sh; else skip Helix "it can't be installed"; fi
dape || echo "dape can't be installed: its test is skipped"
if have emacs-nox elpa-eglot elpa-lsp-mode; then
  suite "$(emacs --version | head -1)" emacs/test.sh
else
  skip Emacs "it can't be installed"
fi
if have vim vim-ale; then suite "$(vim --version | head -1)" vim/test.sh; else skip Vim "it can't be installed"; fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
