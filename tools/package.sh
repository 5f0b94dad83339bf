#!/usr/bin/env bash
# ./run package [--try]: sets up, builds massface without CUDA, and makes massface_VERSION_amd64.deb and
# massface-VERSION-linux-x86_64.tar.gz in build/packages.
#
#   --try   tries those that were made: installs each in an empty root file system and runs it there (needs root)
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

case ${1:-} in
  "")
    "$ROOT/tools/setup.sh" --package
    "$ROOT/tools/build.sh" package
    exec "$ROOT/tools/package_make.sh" "$ROOT/build/package" "$ROOT/build/packages"
    ;;
  --try)
    code=0
    "$ROOT/tools/package_try.sh" "$ROOT/build/packages" || code=$?
    ((code != 77)) || exit 0 # skipped, and said why
    exit "$code"
    ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0" ;;
  *) usage_error "./run package does not know \"$1\". It takes --try, which tries the packages that it has made." ;;
esac
