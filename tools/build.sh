#!/usr/bin/env bash
# ./run build [--program | --target NAME...] [PRESET] [CMAKE ARGUMENTS...]: sets up, configures if needed, and builds
# build/PRESET/massface and the tests; with --program only the program, with --target only what is named.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

targets=()
while [[ ${1:-} == --program || ${1:-} == --target ]]; do
  if [[ $1 == --program ]]; then
    targets+=(massface)
    shift
  else
    targets+=("${2:?--target needs a name}")
    shift 2
  fi
done
preset=release
if (($# > 0)) && [[ $1 != -* ]]; then
  preset=$1
  shift
fi
case $preset in
  release | package | dev | asan | tsan) ;;
  *) usage_error "There is no preset \"$preset\": release, package, dev, asan and tsan are in CMakePresets.json." ;;
esac

# If cmake is given a LibTorch, none has to be fetched.
for argument in "$@"; do
  case $argument in
    -DLIBTORCH=?* | -DLIBTORCH:PATH=?*) export LIBTORCH=${argument#*=} ;;
  esac
done
"$ROOT/tools/setup.sh"

build=$ROOT/build/$preset
needs_configuring() {
  local input
  [[ -e $build/build.ninja ]] || return 0
  for input in "$ROOT/CMakePresets.json" "$DEPS/libtorch-location" "$DEPS/libtorch/.complete-libtorch" \
    "$DEPS/libtorch/.complete-libtorch-cuda"; do
    [[ $input -nt $build/build.ninja ]] && return 0
  done
  return 1
}

# Compiling a file that includes torch/torch.h takes 1.2 GB: runs no more compilers at once than fit into memory.
jobs() {
  local by_memory cores
  cores=$(nproc)
  by_memory=$(awk '/^MemAvailable/ { print int($2 / 1400000) }' /proc/meminfo)
  echo $((by_memory < 1 ? 1 : by_memory < cores ? by_memory : cores))
}

cd "$ROOT"
if (($# > 0)) || needs_configuring; then
  arguments=(--preset "$preset" "$@")
  if [[ -e $DEPS/libtorch-location ]]; then arguments+=("-DLIBTORCH=$(<"$DEPS/libtorch-location")"); fi
  cmake --fresh "${arguments[@]}" >&2
fi
ninja -C "$build" -j "$(jobs)" "${targets[@]}" >&2
