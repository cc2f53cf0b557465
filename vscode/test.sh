#!/usr/bin/env bash
# Every test of the extension: checks its types, packs it, and runs the unit
# tests, the suite inside the editor and the journeys in the browser. Needs
# Debian 12, root, Go and Node 20; installs the rest outside the clone.
#
#   ./test.sh [--pictures]    --pictures: take the README's pictures anew
#
# With the path of golang.go's .vsix in $HOTDEV_TEST_GO_EXTENSION, and gopls on
# PATH, the extension is tried beside it, too.
#
# Logs and pictures are in $HOTDEV_TEST_ARTIFACTS (a temporary directory by
# default, kept if something has failed).
set -euo pipefail
cd "$(dirname "$0")"
cache=${HOTDEV_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotdev-test}
mkdir -p "$cache"

work=$(mktemp -d)
export HOTDEV_TEST_ARTIFACTS=${HOTDEV_TEST_ARTIFACTS:-$work/artifacts}
export HOTDEV_TEST_SERVER=$work/bin/hotdev
export GOCACHE=${GOCACHE:-$(go env GOCACHE)}

echo "== vscode: installing"
HOTDEV_TEST_CODE_SERVER=$(test/install-editor.sh "$cache")
export HOTDEV_TEST_CODE_SERVER
npm ci --silent
go build -C .. -o "$HOTDEV_TEST_SERVER" ./cmd/hotdev

echo "== vscode: types and package"
npx tsc -p .
npm run --silent package
node esbuild.mjs --tests # after the package, which has no need of them
size=$(stat -c %s hotdev.vsix)
echo "hotdev.vsix: $((size / 1024)) KB"
if ((size > 400 * 1024)); then
  echo "hotdev.vsix has more than 400 KB" >&2
  exit 1
fi

log=$work/suites.log
failed=0
for suite in unit/run host/launch ui/run; do
  echo "== vscode: ${suite%/*}"
  node "out/$suite.js" 2>&1 | tee -a "$log" || failed=1
done

if [[ ${1-} == --pictures ]]; then
  cp "$HOTDEV_TEST_ARTIFACTS"/{views,problems,debugging,menu}.png media/pictures/
fi
awk '/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1) }
  END { printf "%d passed, %d failed\n", passed, failed }' "$log"
if ((failed)); then
  echo "logs and pictures: $HOTDEV_TEST_ARTIFACTS" >&2
  exit 1
fi
rm -rf "$work"
