#!/usr/bin/env bash
# ./run demo [--fresh]: sets up, builds, draws a synthetic face set, trains recipes/demo.toml on it, evaluates, and says
# what came out. Everything lands in demo/. A demo that was cut off goes on where it was; one that is done only tells
# again what came out, unless --fresh.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

case ${1:-} in
  "") ;;
  --fresh) rm -rf "$ROOT/demo" ;;
  *) usage_error "./run demo does not know \"$1\". It takes --fresh, which throws demo/ away and starts anew." ;;
esac

cd "$ROOT"
if [[ -e demo/report.txt ]]; then
  cat demo/report.txt
  say ""
  say "This is what the demo in demo/ came to. ./run demo --fresh trains again, in some minutes."
  exit 0
fi

started=$SECONDS
"$ROOT/tools/build.sh" release
massface=build/release/massface
mkdir -p demo

# 600 pairs of people that are not in the training part.
if [[ ! -e demo/faces ]]; then
  say "Drawing the faces ..."
  "$massface" synth demo/faces --identities 500 --images-per-identity 12 --seed 1 >&2
fi

# untrained.json: the same network before its first step. A rate of 0 moves no weight.
if [[ ! -e demo/untrained.json ]]; then
  rm -rf demo/untrained
  "$massface" train recipes/demo.toml softmax.steps=1 triplet.steps=1 softmax.optimizer.learning_rate=0 \
    triplet.optimizer.learning_rate=0 validation.identities=0 telemetry.progress=false --run demo/untrained \
    >demo/untrained.log 2>&1 || { cat demo/untrained.log >&2; fail "the untrained network could not be made."; }
fi

# A training that was stopped writes a result too, of another status.
if ! grep -qs '"status": "finished"' demo/run/result.json; then
  if compgen -G "demo/run/checkpoints/step-*" >/dev/null; then
    say "Continuing the training in demo/run ..."
    "$massface" train --resume demo/run ||
      fail "the training could not go on (the reason is above). ./run demo --fresh starts anew."
  else
    say "Training (progress below; the run directory is demo/run) ..."
    rm -rf demo/run
    "$massface" train recipes/demo.toml --run demo/run
  fi
fi

# evaluate NAME RUN [CHECKPOINT]: to demo/NAME.json, which is there whole or not at all.
evaluate() {
  local name=$1 run=$2 checkpoint=${3:-}
  say "Evaluating: $name ..."
  "$massface" evaluate "$run" ${checkpoint:+--checkpoint "$checkpoint"} --pairs demo/faces/pairs.txt \
    --images demo/faces/test --json >"demo/$name.json.partial"
  mv "demo/$name.json.partial" "demo/$name.json"
}
[[ -e demo/untrained.json ]] || evaluate untrained demo/untrained
evaluate softmax demo/run softmax
evaluate triplet demo/run triplet

# Exit code 1 where training achieved nothing.
if ! python3 tools/demo_report.py demo "$((SECONDS - started))" >demo/report.partial; then
  cat demo/report.partial
  exit 1
fi
mv demo/report.partial demo/report.txt
cat demo/report.txt
