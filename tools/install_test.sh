#!/usr/bin/env bash
# install_test.sh BUILD: installs the build into an empty folder and moves that. What it contains must align photographs
# and train, and find_package(MassFace) must find there what the programs of examples/ are built with. These give the
# same answers as massface itself.
set -euo pipefail

build=$1
root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(readlink -f "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
program=$work/moved/bin/massface
# Nothing may be found by way of the checkout, of the user's folders or of the environment.
installed() {
  env -u MASSFACE_MTCNN -u LD_LIBRARY_PATH HOME="$work" XDG_DATA_HOME="$work" OMP_WAIT_POLICY=passive "$@"
}
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }; }
failed() { echo "FAILED: $*"; exit 1; }

installed "$program" --version
if [[ $(ldd "$program") != *libtorch_cuda* ]]; then
  found=$(ldd "$program" | awk '/libtorch_cpu|libc10|libgomp|libcudart|libcupti/ { print $3 }')
  [[ $found == *libtorch_cpu.so* ]] || failed "the installed program loads no libtorch_cpu.so"
  while read -r library; do
    [[ $(readlink -f "$library") == "$work/moved/lib/massface/"* ]] || failed "$library is loaded from elsewhere"
  done <<<"$found"
fi
if [[ ! -e $work/moved/share/massface/mtcnn.safetensors ]]; then
  echo "skipped: ./run setup has not fetched the detector"
  exit 0
fi

quietly "$program" synth "$work/scenes" --photographs --bystanders 0 --identities 3 --images-per-identity 3 \
  --test-identities 20 --test-images-per-identity 2 --pairs-per-fold 2 --seed 4
installed "$program" align "$work/scenes/train" "$work/crops"

# A network of two steps, and its table of thresholds, which takes 10,000 pairs for an FMR of 1e-3.
quietly installed "$program" train "$root/tools/two_steps.toml" dataset.path="$work/crops" --run "$work/run"
weights=$work/run/softmax.safetensors
quietly "$program" synth "$work/faces" --identities 1 --images-per-identity 1 --test-identities 80 \
  --test-images-per-identity 2 --pairs-per-fold 2 --seed 5
quietly installed "$program" evaluate "$weights" --all-pairs "$work/faces/test" --resize --write-thresholds

if ! grep -q '^MASSFACE_SANITIZE:STRING=$' "$build/CMakeCache.txt"; then
  echo "skipped: programs of others are not linked with the sanitizers"
else
  quietly installed "$program" gallery create "$work/team.mfg" --model "$weights"
  quietly installed "$program" gallery add "$work/team.mfg" "$work/scenes/train" --model "$weights"
  quietly cmake -G Ninja -S "$root/examples" -B "$work/examples" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$work/moved"
  quietly cmake --build "$work/examples"

  known=("$work"/scenes/train/*/*.jpg)
  pair=("${known[0]}" "${known[3]}")
  expected=$(installed "$program" compare "${pair[@]}" --model "$weights" --json | tr -d ' \n' |
    sed -E 's/.*"cosine":([-0-9.e]+).*/\1/')
  printed=$(installed "$work/examples/compare_photographs" "$weights" "${pair[@]}")
  echo "$printed"
  awk -v a="$expected" -v b="${printed#cosine }" 'BEGIN { exit !((a - b) ^ 2 < 1e-9) }' ||
    failed "compare_photographs and massface compare ($expected) differ"
  [[ $(installed "$work/examples/compare_photographs" "$weights" "${pair[0]}" "${pair[0]}") == *"the same person"* ]] ||
    failed "a photograph and itself are not the same person"

  printed=$(installed "$work/examples/search_gallery" "$weights" "$work/team.mfg" "${known[@]}")
  echo "$printed"
  # PATH: NAME, COSINE to NEAREST; a photograph that is in the gallery is as similar as can be to its own person.
  awk -F '[:,] ' '{ n = split($1, folders, "/"); if ($2 != folders[n - 1]) exit 1 } END { exit NR < 6 }' \
    <<<"$printed" || failed "search_gallery does not name the photographs that are in the gallery"
  if complaint=$(installed "$work/examples/compare_photographs" "$weights" "$work/log" "${pair[0]}" 2>&1); then
    failed "a log is no photograph"
  fi
  [[ $complaint == *"not a JPEG"* ]] || failed "$complaint"
fi

rm -r "$work/moved/share"
if complaint=$(installed "$program" align "$work/scenes/train" "$work/others" 2>&1); then
  failed "a detector was found, though there is none"
fi
[[ $complaint == *"leaves them in the folder .deps/mtcnn of the checkout"* ]] || failed "$complaint"
