#!/usr/bin/env bash
# ./run test [PRESET] [CTEST ARGUMENTS...]: sets up, builds and runs all tests; ctest's summary comes last. With the
# preset tsan, these are only the tests of the modules that start threads of their own: the thread sanitizer sees neither
# OpenMP's threads nor LibTorch's.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"
source "$ROOT/tools/python_environment.sh"

preset=release
if (($# > 0)) && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
if [[ $preset == tsan ]]; then
  "$ROOT/tools/build.sh" --target thread_tests tsan
  set -- -L threads "$@"
else
  "$ROOT/tools/build.sh" "$preset"
  make_environment test ||
    say "The packages of deps/test.txt are not there (see above): the tests of exported networks are skipped."
fi
exec ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error "$@"
