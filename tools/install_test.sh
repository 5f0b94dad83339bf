#!/usr/bin/env bash
# install_test.sh BUILD: installs the build into an empty folder, moves that, and aligns with what it contains.
set -euo pipefail

build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
program=$work/moved/bin/massface
"$program" --version
if [[ ! -e $work/moved/share/massface/mtcnn/onet.pt ]]; then
  echo "skipped: ./run setup has not fetched the detector"
  exit 0
fi
"$program" synth "$work/scenes" --photographs --identities 1 --images-per-identity 2 --test-identities 20 \
  --test-images-per-identity 2 --pairs-per-fold 2 >/dev/null
env -u MASSFACE_MTCNN HOME="$work" XDG_DATA_HOME="$work" "$program" align "$work/scenes/train" "$work/crops"
rm -r "$work/moved/share"
if complaint=$(env -u MASSFACE_MTCNN HOME="$work" XDG_DATA_HOME="$work" "$program" align "$work/scenes/train" \
  "$work/others" 2>&1); then
  echo "a detector was found, though there is none"
  exit 1
fi
[[ $complaint == *"leaves them in the folder .deps/mtcnn of the checkout"* ]] || { echo "$complaint"; exit 1; }
