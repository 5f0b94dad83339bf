#!/usr/bin/env bash
# ./run bench network [RATE...]: times a training step of two processes that talk through a slow network: two network
# namespaces, a pair of virtual Ethernet devices between them, and a token bucket (tc tbf) of this rate on each. Prints
# what was measured and what the model of docs/scaling.md forecasts. RATE is as tc takes it (default: none 10gbit 1gbit
# 100mbit). Options of `massface benchmark scaling` may follow `--`.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"
massface=$ROOT/build/release/massface

rates=()
while (($# > 0)) && [[ $1 != -- ]]; do
  rates+=("$1")
  shift
done
if (($# > 0)); then shift; fi
if ((${#rates[@]} == 0)); then rates=(none 10gbit 1gbit 100mbit); fi

names=(massface-a massface-b)
remove() {
  for name in "${names[@]}"; do ip netns del "$name" 2> /dev/null || true; done
}
if ! { command -v ip && command -v tc; } > /dev/null || ! ip netns add "${names[0]}" 2> /dev/null; then
  say "There are no network namespaces here (they need root, and the package iproute2): nothing was measured."
  exit 0
fi
trap remove EXIT
remove

result=$(mktemp)
for rate in "${rates[@]}"; do
  for name in "${names[@]}"; do ip netns add "$name"; done
  ip link add mfa netns "${names[0]}" type veth peer name mfb netns "${names[1]}"
  device=(mfa mfb)
  for i in 0 1; do
    ip -n "${names[i]}" addr add "10.213.7.$((i + 1))/24" dev "${device[i]}"
    ip -n "${names[i]}" link set "${device[i]}" up
    ip -n "${names[i]}" link set lo up
    if [[ $rate != none ]] &&
      ! ip netns exec "${names[i]}" tc qdisc add dev "${device[i]}" root tbf rate "$rate" burst 256kb latency 500ms; then
      say "This kernel has no token bucket (tc tbf): nothing was measured."
      exit 0
    fi
  done
  processes=()
  for i in 0 1; do
    ip netns exec "${names[i]}" env RANK=$i WORLD_SIZE=2 LOCAL_RANK=$i MASTER_ADDR=10.213.7.1 MASTER_PORT=29517 \
      MASSFACE_SCALING_RESULT="$result" "$massface" benchmark scaling "$@" 2> /dev/null &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process"; done
  python3 - "$rate" "$result" << 'END'
import json, sys
r = json.load(open(sys.argv[2]))
measured, forecast = r["milliseconds"], r["forecast_milliseconds"]
print(f"{sys.argv[1]:>8}: step {measured:7.1f} ms, forecast {forecast:7.1f} ms ({100 * (forecast / measured - 1):+5.1f} %)"
      f"   alone {r['alone_milliseconds']:6.1f}   waited {r['waited_milliseconds']:6.1f} ms   sent"
      f" {1e-6 * r['sent_bytes']:.2f} MB   link {8e-9 * r['link_bytes_per_second']:.3f} Gbit/s,"
      f" {r['link_message_microseconds']:.0f} us a message")
END
  remove
done
rm -f "$result"
