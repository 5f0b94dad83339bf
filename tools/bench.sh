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
source "$ROOT/tools/python_environment.sh"

VENV=$DEPS/bench-venv

"$ROOT/tools/build.sh" --program release
python=python3
if "$ROOT/tools/setup.sh" --bench && make_environment bench; then
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
