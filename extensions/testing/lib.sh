# Sourced by the editors' test.sh: a workspace to work in, and checks that are
# counted. HOTDEV is the program to test; HERE the folder of the script.

passed=0 failed=0 skipped=0
limit=240 # seconds that an event may take before the check of it fails
base=$(mktemp -d /tmp/hdXXXXXX) # short: sockets are in it
app=$base/demo
undo=()

# workspace: a copy of the demo in $app, on $port, with a daemon of its own.
workspace() {
  cp -r "$HERE/../demo" "$app"
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
  printf '{"title": "demo", "port": "%s"}\n' "$port" >"$app/settings.json"
  GOCACHE=$(go env GOCACHE)
  GOPLSCACHE=${HOTDEV_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotdev-test}/gopls
  export GOCACHE GOPLSCACHE XDG_RUNTIME_DIR=$base/run XDG_STATE_HOME=$base/state XDG_CACHE_HOME=$base/cache
  mkdir -m 700 "$XDG_RUNTIME_DIR"
}

# finish: ends the script with the counts; its exit code says whether all is well.
finish() {
  local step
  for step in "${undo[@]}"; do
    $step
  done
  "$HOTDEV" stop --daemon -C "$app" >/dev/null 2>&1 || true # none may run
  rm -rf "$base"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit $((failed > 0))
}

# within WHAT COMMAND…: waits until the command succeeds, $limit at most, and
# counts that. If it does not, $context is run, and that is the script's end: what
# follows depends on it.
within() {
  local what=$1 deadline=$((SECONDS + limit))
  shift
  until "$@" 2>/dev/null; do
    if ((SECONDS > deadline)); then
      echo "not ok - $what"
      [[ -z ${context:-} ]] || $context
      failed=$((failed + 1))
      finish
    fi
    sleep 0.1
  done
  echo "ok - $what"
  passed=$((passed + 1))
}

# state STATE: whether the daemon's state is that.
state() { "$HOTDEV" status --json -C "$app" | grep -q "\"state\":\"$1\""; }

# get PATH: the app's answer.
get() { curl -sf --max-time "$limit" "http://127.0.0.1:$port$1"; }

# line FILE TEXT: the number of the first line with TEXT.
line() { grep -nF -m1 -- "$2" "$app/$1" | cut -d: -f1; }
