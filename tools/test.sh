#!/usr/bin/env bash
# ./run test [PRESET] [CTEST ARGUMENTS...]: sets up, builds and runs all tests; ctest's summary comes last.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

preset=release
if (($# > 0)) && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
"$ROOT/tools/build.sh" "$preset"
exec ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error "$@"
