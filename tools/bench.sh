#!/usr/bin/env bash
# ./run bench [mining | align | embed | search | gpu] [ARGUMENTS...]: builds, then compares the speed of massface with
# that of its peers, taking turns: PyTorch and onnxruntime (tools/bench.py --help), pytorch-metric-learning for the
# triplet strategies (tools/bench_mining.py --help), facenet-pytorch for the alignment of photographs and for their
# embeddings (tools/bench_align.py, tools/bench_embed.py), faiss, hnswlib and NumPy for the search of a gallery
# (tools/bench_search.py), or PyTorch for a step on a GPU (tools/bench_gpu.py --help). The peers are installed into a
# disposable environment, .deps/bench-venv, which uses the wheel that LibTorch was unpacked from. If that fails, massface
# is timed alone.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

VENV=$DEPS/bench-venv
LIBTORCH_UNPACKED=$DEPS/libtorch

# The Python part of the wheel works only with CPython 3.11.
python_3_11() {
  local candidate
  for candidate in python3 python3.11 /usr/bin/python3; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || continue
    command -v "$candidate"
    return
  done
  return 1
}

stamp() { sha256sum "$ROOT/deps/bench.txt" "$ROOT/deps/libtorch.txt" "$ROOT/tools/stand_ins.py" | sha256sum; }

make_environment() {
  local python
  [[ -e $VENV/.complete && $(<"$VENV/.complete") == "$(stamp)" ]] && return
  python=$(python_3_11) || { say "The PyTorch wheel needs CPython 3.11, which was not found."; return 1; }
  "$ROOT/tools/setup.sh" --bench || return 1
  say "Creating the PyTorch environment in .deps/bench-venv ..."
  rm -rf "$VENV"
  "$python" -m venv --without-pip "$VENV" || return 1
  attempts 3 "$python" -m pip --disable-pip-version-check --python "$VENV/bin/python" install --quiet --no-deps \
    --require-hashes --only-binary :all: --requirement "$ROOT/deps/bench.txt" >&2 || return 1
  printf '%s\n' "$LIBTORCH_UNPACKED" >"$VENV/lib/python3.11/site-packages/libtorch.pth"
  "$python" "$ROOT/tools/stand_ins.py" "$LIBTORCH_UNPACKED/torch/lib" "$VENV/stand_ins" >&2 || return 1
  stamp >"$VENV/.complete"
}

"$ROOT/tools/build.sh" --program release
python=python3
if make_environment; then
  python=$VENV/bin/python
  # massface itself must run with the original library path.
  export MASSFACE_LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
  export LD_LIBRARY_PATH=$VENV/stand_ins${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export TORCHINDUCTOR_CACHE_DIR=$VENV/inductor-cache
else
  say "The PyTorch peer could not be installed (see the reason above); massface is timed alone."
fi
# Memory that the C library has returned to the system is mapped again page by page, which slows down programs that
# allocate in each step, PyTorch above all. These settings keep freed memory in every program that is measured.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=$((1 << 40))
if [[ ${1:-} == network ]]; then
  shift
  exec "$ROOT/tools/bench_network.sh" "$@"
fi
script=bench.py
if [[ ${1:-} == mining || ${1:-} == align || ${1:-} == gpu || ${1:-} == search || ${1:-} == embed ]]; then
  script=bench_$1.py
  shift
fi
exec "$python" "$ROOT/tools/$script" --massface "$ROOT/build/release/massface" "$@"
