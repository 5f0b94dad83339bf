#!/usr/bin/env bash
# Draws docs/pictures/align.jpg: synthetic photographs, each above the face that `massface align` cuts out of it.
#
#   tools/draw_alignment.sh build/release/massface docs/pictures/align.jpg
set -euo pipefail
if (($# != 2)); then
  echo "usage: tools/draw_alignment.sh build/release/massface docs/pictures/align.jpg" >&2
  exit 2
fi
massface=$1 picture=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$massface" synth "$work/scenes" --photographs --bystanders 0.5 --identities 12 --images-per-identity 1 \
  --test-identities 20 --test-images-per-identity 2 --pairs-per-fold 1 --seed 2
"$massface" align "$work/scenes/train" "$work/crops" --contact-sheet "$picture" --contact-sheet-of before_after
