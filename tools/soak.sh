#!/usr/bin/env bash
# ./run soak [short] [ARGUMENTS...]: builds, then kills massface at random moments, runs the same command again until it
# ends, and compares everything that it wrote with what a process that was never killed writes (tools/soak.py --help).
#
#   short    about a minute, as in CI; otherwise 1,000 trainings are killed, and align, pack, unpack and synth 200 times
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

"$ROOT/tools/build.sh" --program --target forgetful_disk release
exec python3 "$ROOT/tools/soak.py" --build "$ROOT/build/release" "$@"
