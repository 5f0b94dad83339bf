#!/usr/bin/env bash
# Cuts the network between two processes of one training in mid-step, in two network namespaces: both must end within
# the time-out, with a message that names the other, and the last checkpoint must be whole. Skips where there are no
# network namespaces. Usage: network_cut_test.sh BUILD
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"
massface=$(readlink -f "$1")/massface
folder=$(mktemp -d)
names=("massface-cut-a-$$" "massface-cut-b-$$")
processes=()
remove() {
  kill -9 "${processes[@]}" 2> /dev/null || true
  for name in "${names[@]}"; do ip netns del "$name" 2> /dev/null || true; done
  rm -rf "$folder"
}
if ! command -v ip > /dev/null || ! ip netns add "${names[0]}" 2> /dev/null; then
  say "Skipped: there are no network namespaces here (they need root, and the package iproute2)."
  exit 0
fi
trap remove EXIT
ip netns add "${names[1]}"
ip link add mfcut0 netns "${names[0]}" type veth peer name mfcut1 netns "${names[1]}"
for i in 0 1; do
  ip -n "${names[i]}" addr add "10.213.8.$((i + 1))/24" dev "mfcut$i"
  ip -n "${names[i]}" link set "mfcut$i" up
  ip -n "${names[i]}" link set lo up
done

cd "$folder"
"$massface" synth faces --identities 12 --images-per-identity 5 --test-identities 20 --test-images-per-identity 2 \
  --pairs-per-fold 2 2> /dev/null > /dev/null
cat > endless.toml << 'END'
seed = 7
threads = 1
device = "cpu"
dataset.path = "faces/train"
input = {height = 32, width = 32}
backbone.embedding_size = 16
pipeline.resize = true
validation.identities = 0
checkpoint.every_steps = 20
telemetry.progress = false
[[phase]]
name = "softmax"
steps = 1000000
batch.size = 6
optimizer.learning_rate = 0.01
END
for i in 0 1; do
  ip netns exec "${names[i]}" env RANK=$i WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.213.8.1 MASTER_PORT=29518 \
    timeout -s KILL 100 "$massface" train endless.toml --run run --timeout 3 > /dev/null 2> "messages-$i" &
  processes+=($!)
done
while [[ ! -e run/checkpoints/step-000000020 ]] && kill -0 "${processes[0]}" 2> /dev/null; do sleep 0.1; done
ip -n "${names[0]}" link set mfcut0 down
for i in 0 1; do
  code=0
  wait "${processes[i]}" || code=$?
  if ((code != 1)) || ! grep -q "rank $((1 - i)) on .* has not answered" "messages-$i"; then
    cat "messages-$i"
    fail "rank $i ended with $code, without the message that rank $((1 - i)) has not answered"
  fi
done
newest=$(find run/checkpoints -name 'step-*' | sort | tail -1)
"$massface" train --resume run --allow-inexact-resume "softmax.steps=$((10#${newest##*step-} + 1))" 2> resumed > /dev/null || {
  cat resumed
  fail "the run does not go on from $(basename "$newest")"
}
say "Both processes ended and named each other, and the run goes on from $(basename "$newest")."
