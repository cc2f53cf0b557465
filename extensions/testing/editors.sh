# Sourced by ../test.sh: gets the editors that the tests drive, on Debian 12 for
# amd64, as root, with apt alone. Editors that Debian 12 lacks, or has too old,
# are unpacked from the packages of newer releases below $editors, together with
# all libraries that they need, so that nothing of the system changes.

editors=${HOTDEV_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotdev-test}/editors-1 # raise when an editor's version here changes
mkdir -p "$editors/bin"
PATH=$editors/bin:$PATH

# have NAME...: Debian packages that the system itself gets.
have() {
  local missing=() name
  for name; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# unpack DIR SUITE PACKAGE...: the packages of a Debian release and what they
# depend on, below DIR.
unpack() {
  local dir=$1 suite=$2 state mirror deb
  shift 2
  state=$dir/.apt
  mkdir -p "$state"/{lists/partial,cache/archives/partial,etc/preferences.d,etc/apt.conf.d}
  : >"$state/status"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | sed 's|/$||' | sort -u | head -1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/etc/sources.list"
  local apart=(
    -qq -o Dir::Etc="$state/etc" -o Dir::Etc::sourceparts=- -o Dir::State="$state" -o Dir::State::lists="$state/lists"
    -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o APT::Install-Recommends=false
    -o APT::Sandbox::User=root -o Acquire::Languages=none
  )
  apt-get "${apart[@]}" update && apt-get "${apart[@]}" -y --download-only install "$@" >/dev/null || return
  for deb in "$state"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$dir" || return
  done
  rm -rf "$state"
}

# bind DIR PROGRAM: lets an unpacked program use the loader and the libraries that
# came with it.
bind() {
  patchelf --set-interpreter "$1/usr/lib64/ld-linux-x86-64.so.2" --force-rpath \
    --set-rpath "$1/usr/lib/x86_64-linux-gnu" "$1/$2"
}

# neovim SUITE: the command nvim-SUITE.
neovim() {
  local dir=$editors/nvim-$1 command=$editors/bin/nvim-$1
  [[ -x $command ]] && return
  rm -rf "$dir"
  unpack "$dir" "$1" neovim && bind "$dir" usr/bin/nvim || return
  printf '#!/bin/sh\nexport VIMRUNTIME=%s/usr/share/nvim/runtime\nexec %s/usr/bin/nvim --cmd "set rtp+=%s/usr/lib/nvim" "$@"\n' \
    "$dir" "$dir" "$dir" >"$command.new"
  chmod +x "$command.new"
  mv "$command.new" "$command"
}

# helix: the command hx.
helix() {
  local dir=$editors/helix command=$editors/bin/hx
  [[ -x $command ]] && return
  rm -rf "$dir"
  unpack "$dir" trixie hx && bind "$dir" usr/bin/hx || return
  printf '#!/bin/sh\nexec %s/usr/bin/hx "$@"\n' "$dir" >"$command.new"
  chmod +x "$command.new"
  mv "$command.new" "$command"
}

# dape: the command emacs-dape, an Emacs that is new enough for dape, and finds it.
dape() {
  local dir=$editors/emacs command=$editors/bin/emacs-dape own lisp dump
  [[ -x $command ]] && return
  rm -rf "$dir"
  unpack "$dir" trixie emacs-nox elpa-dape && bind "$dir" usr/bin/emacs-nox || return
  own=$dir/usr/share/emacs/30.1
  lisp=$(find "$own/lisp" "$dir"/usr/share/emacs/site-lisp/elpa-src/dape-* -type d | paste -sd :)
  dump=$(find "$dir/usr/libexec/emacs" -name '*.pdmp')
  printf '#!/bin/sh\nexport EMACSLOADPATH=%s EMACSDATA=%s/etc EMACSDOC=%s/etc EMACSPATH=%s\nexec %s/usr/bin/emacs-nox --dump-file=%s "$@"\n' \
    "$lisp" "$own" "$own" "${dump%/*}" "$dir" "$dump" >"$command.new"
  chmod +x "$command.new"
  mv "$command.new" "$command"
}

# gopls: the newest that the Go here can build.
gopls() {
  [[ -x $editors/bin/gopls ]] || GOBIN=$editors/bin go install golang.org/x/tools/gopls@v0.22.0
}

# protocol_client: the library that VS Code's language clients use.
protocol_client() {
  [[ -d $editors/node/node_modules/vscode-languageserver-protocol ]] ||
    npm install --silent --no-save --prefix "$editors/node" vscode-languageserver-protocol@3.17.5
}
