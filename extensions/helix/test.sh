#!/usr/bin/env bash
# Drives Helix in tmux: gopls and hotdev side by side, and a breakpoint that hits
# before and after a reload.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../testing/lib.sh"

workspace
mkdir -p "$base/config/helix" "$base/bin"
cp "$HERE/languages.toml" "$base/config/helix/"
printf '[editor]\nauto-completion = false\nend-of-line-diagnostics = "hint"\n[editor.lsp]\ndisplay-messages = true\n' >"$base/config/helix/config.toml"
ln -s "$HOTDEV" "$base/bin/hotdev"
export XDG_CONFIG_HOME=$base/config PATH=$base/bin:$PATH

screen() { tmux -L "hotdev-$$" capture-pane -p; }
shows() { screen | grep -qF -- "$1"; }
keys() { tmux -L "hotdev-$$" send-keys "$@"; }
context=screen
undo=("tmux -L hotdev-$$ kill-server")

# insert TEXT: a line before the one of the cursor, in one change: Helix 25.01
# tells a server of changes that come quickly in any order.
insert() {
  keys "x:insert-output echo '$1'" Enter
  within "there is the line $1" shows "$1"
}
# debug KEY: a key of the debug menu, which stays open until Escape.
debug() {
  keys ' ' 'G'
  within "the debug menu is there" shows 'Debug (experimental)'
  keys "$1" Escape
  within "it has done $1" no_menu
}
no_menu() { ! shows 'Debug (experimental)'; }
# at TEXT: puts the cursor on the line.
at() { keys ":$(line api/api.go "$1")" Enter; }
no_variables() { ! shows 'Locals'; }
# stopped: Helix marks the line that the app stands at once it knows the frames.
stopped() { shows '▶'; }
not_stopped() { ! stopped; }
debugged() { "$HOTDEV" break list --json -C "$app" | grep -q '"verified":true'; }

cd "$app"
tmux -L "hotdev-$$" new-session -d -x 120 -y 90 "hx api/api.go"

within "Helix opens the file" shows 'package api'
within "hotdev has joined: the daemon runs" state idle
keys ':lsp-workspace-command hotdev.start' Enter
within "a command of the server starts the app" state running

get /api/panic >/dev/null
within "the panic is a diagnostic of hotdev's" shows 'assignment to entry in nil map'
at '"message": greeting'
debug b
keys ':debug-start attach' Enter
within "the breakpoint is in the running app" debugged
get '/api/hello?name=one' >"$base/one" &
within "it stops there" stopped
keys ' ' 'G'
within "the debug menu is there" shows 'Debug (experimental)'
keys 'v'
within "Helix shows the variables" shows 'Locals'
keys Escape
within "the variables are gone" no_variables
debug c
within "and goes on" grep -q 'hello, one' "$base/one"
within "Helix knows that" not_stopped

at 'const greeting'
insert '// One more line.'
keys ':w' Enter
reloaded() { "$HOTDEV" history --json -C "$app" | grep 'api/api.go' | grep -q '"outcome":"swapped"'; }
within "a save is a new version" reloaded
get '/api/hello?name=two' >"$base/two" &
within "the breakpoint hits over the reload" stopped
debug c
within "and goes on" grep -q 'hello, two' "$base/two"

# Last, as gopls needs a while to load.
at 'const greeting'
insert 'var typed = notyet'
within "gopls, beside hotdev, says what is wrong before it is saved" shows 'undefined: notyet'

finish
