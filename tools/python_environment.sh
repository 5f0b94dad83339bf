# shellcheck shell=bash
# Sourced after messages.sh by scripts that need Python with packages: ./run bench for its peers, ./run test for the
# programs that exported networks are read with.

# The Python part of PyTorch's wheel works only with CPython 3.11.
python_3_11() {
  local candidate
  for candidate in python3 python3.11 /usr/bin/python3; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || continue
    command -v "$candidate"
    return
  done
  return 1
}

# make_environment NAME: installs the packages of deps/NAME.txt into the disposable environment .deps/NAME-venv. If
# LibTorch was unpacked here, `import torch` works in it, with NAME-venv/stand_ins in LD_LIBRARY_PATH. Returns at once
# if all of this is done.
make_environment() {
  local name=$1 venv=$DEPS/$1-venv unpacked=$DEPS/libtorch stamp python
  stamp=$(cd "$ROOT" && sha256sum "deps/$name.txt" deps/libtorch.txt tools/stand_ins.py | sha256sum)
  [[ -e $venv/.complete && $(<"$venv/.complete") == "$stamp" ]] && return
  python=$(python_3_11) || { say "The packages of deps/$name.txt need CPython 3.11, which was not found."; return 1; }
  say "Creating the Python environment in .deps/$name-venv ..."
  rm -rf "$venv"
  "$python" -m venv --without-pip "$venv" || return 1
  attempts 3 "$python" -m pip --disable-pip-version-check --python "$venv/bin/python" install --quiet --no-deps \
    --require-hashes --only-binary :all: --requirement "$ROOT/deps/$name.txt" >&2 || return 1
  if [[ -e $unpacked/torch ]]; then
    printf '%s\n' "$unpacked" >"$venv/lib/python3.11/site-packages/libtorch.pth"
    "$python" "$ROOT/tools/stand_ins.py" "$unpacked/torch/lib" "$venv/stand_ins" >&2 || return 1
  fi
  printf '%s\n' "$stamp" >"$venv/.complete"
}
