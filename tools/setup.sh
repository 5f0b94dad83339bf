#!/usr/bin/env bash
# ./run setup [--cuda] [--bench] [--fuzz] [--package]: installs what the build needs and the machine lacks. A second call
# does nothing.
#
#   --cuda     also fetch the pinned CUDA libraries and nvcc, so that massface runs on a GPU
#   --bench    also install what the peers of ./run bench need: Python's headers, and the pinned LibTorch (whose wheel
#              contains the Python part) even if another one is in use
#   --fuzz     also install clang, with which ./run fuzz is built
#   --package  also install what ./run package makes and tries packages with
#
#   LIBTORCH=DIR ./run setup   use the LibTorch in DIR (remembered in .deps/libtorch-location); LIBTORCH= forgets it
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

WANTED_LIBTORCH=2.11.0
LOCATION=$DEPS/libtorch-location  # contains the path of a LibTorch that was not unpacked here
UNPACKED=$DEPS/libtorch           # the one unpacked here: torch/ next to nvidia/, as LibTorch's RPATH expects

cuda=no bench=no fuzz=no package=no
for argument in "$@"; do
  case $argument in
    --cuda) cuda=yes ;;
    --bench) bench=yes ;;
    --fuzz) fuzz=yes ;;
    --package) package=yes ;;
    -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) usage_error "./run setup: unknown argument \"$argument\". It takes --cuda, --bench, --fuzz and --package." ;;
  esac
done

# --- Debian packages -------------------------------------------------------------------------------------------------

missing_packages() {
  local wanted lists=("$ROOT/deps/debian.txt")
  [[ $bench == no ]] || lists+=("$ROOT/deps/debian-bench.txt")
  [[ $fuzz == no ]] || lists+=("$ROOT/deps/debian-fuzz.txt")
  [[ $package == no ]] || lists+=("$ROOT/deps/debian-package.txt")
  mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${lists[@]}")
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is not Debian, so no packages are installed. The build needs the packages listed in deps/debian.txt."
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) && return
  if ((EUID != 0)); then
    say "Debian packages are missing, and only root can install them. Run this command, then ./run again:"
    say ""
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    say ""
    exit 2
  fi
  say "Installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  attempts 3 quietly apt-get -qq update ||
    fail "apt-get update failed three times (see its output above). Is the network up, and does /etc/apt name a" \
      "mirror that responds? Nothing was changed; ./run setup can be called again."
  attempts 3 quietly apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]} (see its output above). deps/debian.txt is for Debian 12; on" \
      "another release a package may have another name. ./run setup can be called again."
}

# Runs the command and shows the end of its output only if it fails; apt-get prints a hundred lines.
quietly() {
  "$@" >"$DEPS/apt.log" 2>&1 || { tail -n 20 "$DEPS/apt.log" >&2; return 1; }
}

# --- LibTorch --------------------------------------------------------------------------------------------------------

# Prints the version of the LibTorch in folder $1, or nothing.
libtorch_version() {
  local header=$1/include/torch/headeronly/version.h
  [[ -e $1/lib/libtorch_cpu.so && -e $header ]] || return 0
  sed -nE 's/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+).*/\2/p' "$header" | paste -sd.
}

# Prints the folder of the torch package that python3 would import; finds it without importing it.
python_libtorch() {
  python3 2>/dev/null -c '
import importlib.util
spec = importlib.util.find_spec("torch")
print(spec.submodule_search_locations[0] if spec else "")' || true
}

stamp_of() { sha256sum <"$ROOT/deps/$1.txt"; }
is_unpacked() { [[ -e $UNPACKED/.complete-$1 && $(<"$UNPACKED/.complete-$1") == "$(stamp_of "$1")" ]]; }

# Remembers or forgets a LibTorch that was not unpacked here. Succeeds if such a one is in use.
uses_other_libtorch() {
  local version found
  if [[ -n ${LIBTORCH+set} ]]; then
    if [[ -z $LIBTORCH ]]; then
      rm -f "$LOCATION"
      return 1
    fi
    version=$(libtorch_version "$LIBTORCH")
    [[ -n $version ]] ||
      usage_error "LIBTORCH=$LIBTORCH holds no LibTorch: expected $LIBTORCH/lib/libtorch_cpu.so and" \
        "$LIBTORCH/include. Give the folder called libtorch, or a Python's site-packages/torch."
    [[ $version == "$WANTED_LIBTORCH" ]] ||
      usage_error "LIBTORCH=$LIBTORCH is version $version; massface is built with $WANTED_LIBTORCH." \
        "Without LIBTORCH, ./run setup fetches that version."
    remember_location "$(readlink -f "$LIBTORCH")"
    return 0
  fi
  if [[ -e $LOCATION ]]; then
    [[ $(libtorch_version "$(<"$LOCATION")") == "$WANTED_LIBTORCH" ]] && return 0
    say "The LibTorch in $(<"$LOCATION") is gone."
    rm -f "$LOCATION"
  fi
  is_unpacked libtorch && return 1
  found=$(python_libtorch)
  if [[ -n $found && $(libtorch_version "$found") == "$WANTED_LIBTORCH" ]]; then
    say "Using the LibTorch of python3's torch package: $found (LIBTORCH= ./run setup fetches one instead)"
    remember_location "$found"
    return 0
  fi
  return 1
}

# Writes the file only if the location changes, because a build is reconfigured if this file is newer than the build.
remember_location() {
  mkdir -p "$DEPS"
  [[ -e $LOCATION && $(<"$LOCATION") == "$1" ]] || printf '%s\n' "$1" >"$LOCATION"
}

python_with_pip() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    "$candidate" -m pip --version >/dev/null 2>&1 && { printf '%s\n' "$candidate"; return; }
  done
  usage_error "Fetching LibTorch needs a python3 with pip, and none was found. Install python3-pip, or name an" \
    "existing LibTorch $WANTED_LIBTORCH: LIBTORCH=DIR ./run setup"
}

# Downloads wheels for CPython 3.11 on any x86-64 Linux, whichever Python is installed: only their native part is used.
# Older versions of pip accept only the exact platforms that are named, so all of them are.
download_wheels() {
  local list=$1 folder=$2 python minor
  local -a platforms=(--platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64)
  for ((minor = 28; minor >= 5; minor--)); do platforms+=(--platform "manylinux_2_${minor}_x86_64"); done
  python=$(python_with_pip)
  TMPDIR=$folder "$python" -m pip --disable-pip-version-check download --quiet --no-cache-dir --no-deps \
    --require-hashes --only-binary :all: --python-version 3.11 "${platforms[@]}" \
    --dest "$folder" --requirement "$ROOT/deps/$list.txt" >&2
}

require_free_gigabytes() {
  local free
  free=$(df -Pk "$DEPS" | awk 'NR == 2 { print int($4 / 1000000) }')
  ((free >= $1)) ||
    fail "$DEPS needs $1 GB of free space and has $free GB. Free some space, or name an existing LibTorch:" \
      "LIBTORCH=DIR ./run setup"
}

# fetch LIST FOLDER: downloads the wheels of deps/LIST.txt, unpacks them into FOLDER and removes them.
fetch() {
  local list=$1 folder=$2 wheels=$DEPS/wheels-$1 wheel
  rm -rf "$wheels"
  mkdir -p "$wheels" "$folder"
  attempts 3 download_wheels "$list" "$wheels" ||
    fail "The packages of deps/$list.txt could not be fetched (see pip's output above). Likely causes: no network, a" \
      "proxy or package index that pip is not configured for (pip config list), a full disk, or an index whose files" \
      "differ from the pinned checksums. An existing LibTorch $WANTED_LIBTORCH can be used instead:" \
      "LIBTORCH=DIR ./run setup, with DIR/lib and DIR/include, or a python3 that has torch $WANTED_LIBTORCH."
  for wheel in "$wheels"/*.whl; do
    unzip -q -o "$wheel" -d "$folder" ||
      fail "$wheel could not be unpacked (see unzip's output above). Is the disk full? ./run setup starts again" \
        "from the download."
  done
  rm -rf "$wheels"
}

setup_libtorch() {
  is_unpacked libtorch && return
  local partial=$DEPS/libtorch.partial
  rm -rf "$partial" "$DEPS/libtorch.old"
  mkdir -p "$DEPS"
  require_free_gigabytes 2
  say "Fetching LibTorch $WANTED_LIBTORCH (540 MB, then 1.1 GB unpacked in .deps/libtorch) ..."
  fetch libtorch "$partial"
  # The stamp is written before the folder gets its final name, so a folder with that name and a stamp is complete.
  stamp_of libtorch >"$partial/.complete-libtorch"
  if [[ -e $UNPACKED ]]; then mv -T "$UNPACKED" "$DEPS/libtorch.old"; fi
  mv -T "$partial" "$UNPACKED"
  rm -rf "$DEPS/libtorch.old"
}

setup_mtcnn() {
  local folder=$DEPS/mtcnn partial=$DEPS/mtcnn.partial
  [[ -e $folder/.complete && $(<"$folder/.complete") == "$(stamp_of mtcnn)" ]] && return
  say "Fetching the face detector's weights (2 MB) ..."
  rm -rf "$partial"
  fetch mtcnn "$partial"
  rm -rf "$folder"
  mkdir -p "$folder"
  mv "$partial"/facenet_pytorch/data/{pnet,rnet,onet}.pt "$folder"
  cp "$partial"/*.dist-info/LICENSE* "$folder" 2>/dev/null || true
  rm -rf "$partial"
  stamp_of mtcnn >"$folder/.complete"
}

setup_cuda() {
  is_unpacked libtorch-cuda && return
  require_free_gigabytes 6
  say "Fetching the CUDA libraries (2.1 GB, then 2.9 GB unpacked in .deps/libtorch/nvidia) ..."
  fetch libtorch-cuda "$UNPACKED"
  # nvcc and CMake look for these names, which a toolkit has and the wheels do not.
  ln -sfn lib "$UNPACKED/nvidia/cu13/lib64"
  ln -sfn libcudart.so.13 "$UNPACKED/nvidia/cu13/lib/libcudart.so"
  stamp_of libtorch-cuda >"$UNPACKED/.complete-libtorch-cuda"
}

# Only one setup at a time may run in this tree.
lock() {
  mkdir -p "$DEPS"
  exec 9>"$DEPS/.setup-lock"
  flock -n 9 || { say "Another ./run setup is running in this tree; waiting for it."; flock 9; }
}

lock
install_packages
if uses_other_libtorch; then
  [[ $cuda == no ]] || say "--cuda fetches nothing: the LibTorch in $(<"$LOCATION") has its own CUDA libraries."
  [[ $bench == no ]] || setup_libtorch
else
  setup_libtorch
  [[ $cuda == no ]] || setup_cuda
fi
setup_mtcnn
