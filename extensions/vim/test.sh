#!/usr/bin/env bash
# Drives Vim and ALE in tmux.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../testing/lib.sh"

workspace
mkdir "$base/bin"
ln -s "$HOTDEV" "$base/bin/hotdev"
export PATH=$base/bin:$PATH
cat >"$base/vimrc" <<VIMRC
set nocompatible noswapfile number
set runtimepath^=/usr/share/vim-ale
let g:ale_linters = {'go': ['hotdev']}
let g:ale_virtualtext_cursor = 'all'
filetype plugin on
runtime plugin/ale.vim
source $HERE/hotdev.vim
VIMRC

screen() { tmux -L "hotdev-$$" capture-pane -p; }
shows() { screen | grep -qF -- "$1"; }
shows_not() { ! shows "$1"; }
keys() { tmux -L "hotdev-$$" send-keys "$@"; }
context=screen
undo=("tmux -L hotdev-$$ kill-server")

cd "$app"
tmux -L "hotdev-$$" new-session -d -x 120 -y 30 "vim -u $base/vimrc api/api.go"
within "Vim opens the file" shows 'package api'
within "ALE has joined the daemon" state idle
keys ':Hotdev start' Enter
within "the app runs" state running
keys Enter
keys ':%s/greeting = "hello"/greeting = nowhere/ | w' Enter
within "the error shows at its line" shows 'undefined: nowhere'
keys ':%s/greeting = nowhere/greeting = "good day"/ | w' Enter
within "it goes with its cause" shows_not 'undefined: nowhere'

finish
