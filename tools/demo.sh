#!/usr/bin/env bash
# ./run demo [--fresh]: sets up, builds the program, draws a synthetic face set, trains recipes/demo.toml on it,
# evaluates, and reports the result. Everything is written to demo/. A demo that was interrupted continues where it
# stopped; one that is complete only shows its report again, unless --fresh is given.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

case ${1:-} in
  "") ;;
  --fresh) rm -rf "$ROOT/demo" ;;
  *) usage_error "./run demo does not know \"$1\". It takes --fresh, which deletes demo/ and starts anew." ;;
esac

cd "$ROOT"
if [[ -e demo/report.txt ]]; then
  cat demo/report.txt
  say ""
  say "This is the report of the demo in demo/. ./run demo --fresh trains again."
  exit 0
fi

# What the machines that this was measured on took, in minutes of one core (docs/results.md).
SETUP_MINUTES=1
BUILD_CORE_MINUTES=10
TRAINING_CORE_MINUTES=6

announce() {
  local cores build=0 setup=0 training
  cores=$(nproc)
  [[ -e $DEPS/libtorch/.complete-libtorch || -e $DEPS/libtorch-location ]] || setup=$SETUP_MINUTES
  [[ -e build/release/massface ]] || build=$(((BUILD_CORE_MINUTES + cores - 1) / cores))
  training=$(((TRAINING_CORE_MINUTES + cores - 1) / cores))
  say "The demo takes about $((setup + build + training)) minutes on this machine's $cores cores:"
  ((setup == 0)) || say "  set-up     $setup min    Debian packages and LibTorch (540 MB)"
  ((build == 0)) || say "  build      $build min    build/release/massface"
  say "  the rest   $training min    draw 6,800 images of 700 people who do not exist, train a network on 500 of them"
  say "                      (20 choose the best checkpoint), measure it on the other 200"
  say ""
}

started=$SECONDS
announce
"$ROOT/tools/build.sh" --program release
massface=build/release/massface
mkdir -p demo

# The set contains 600 pairs of people who are not in the training part.
if [[ ! -e demo/faces || ! -e demo/faces.jpg ]]; then
  say "Drawing the faces ..."
  rm -rf demo/faces
  "$massface" synth demo/faces --identities 500 --images-per-identity 12 --seed 1 --contact-sheet demo/faces.jpg >&2
fi

# untrained.json is the result of the same network before its first step: a learning rate of 0 changes no weight.
if [[ ! -e demo/untrained.json ]]; then
  rm -rf demo/untrained
  "$massface" train recipes/demo.toml softmax.steps=1 triplet.steps=1 softmax.optimizer.learning_rate=0 \
    triplet.optimizer.learning_rate=0 validation.identities=0 telemetry.progress=false --run demo/untrained \
    >demo/untrained.log 2>&1 || { cat demo/untrained.log >&2; fail "the untrained network could not be created."; }
fi

# A training that was stopped also writes a result, with another status.
if ! grep -qs '"status": "finished"' demo/run/result.json; then
  if compgen -G "demo/run/checkpoints/step-*" >/dev/null; then
    say "Continuing the training in demo/run ..."
    "$massface" train --resume demo/run ||
      fail "the training could not continue (see the reason above). ./run demo --fresh starts anew."
  else
    say "Training (progress below; the run directory is demo/run) ..."
    rm -rf demo/run
    "$massface" train recipes/demo.toml --run demo/run
  fi
fi

# evaluate NAME RUN [CHECKPOINT]: writes demo/NAME.json, completely or not at all.
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

# Ends with exit code 1 if the training achieved nothing.
if ! python3 tools/demo_report.py demo "$((SECONDS - started))" >demo/report.partial; then
  cat demo/report.partial
  exit 1
fi
mv demo/report.partial demo/report.txt
cat demo/report.txt
