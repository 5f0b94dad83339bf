#!/usr/bin/env bash
# Tests the set-up with scripts in place of pip's package index, apt and Python: it needs neither network nor root.
set -euo pipefail

source_root=$(dirname "$(dirname "$(readlink -f "$0")")")
real_python=$(command -v python3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
failures=0

# Creates a new tree with the scripts and the pinned versions, for each test.
fresh_tree() {
  rm -rf "$work/tree" "$work/calls"
  mkdir -p "$work/tree" "$work/calls"
  cp -r "$source_root/run" "$source_root/tools" "$source_root/deps" "$work/tree/"
  mkdir -p "$work/tree/.deps/mtcnn"
  sha256sum <"$source_root/deps/mtcnn.txt" >"$work/tree/.deps/mtcnn/.complete"  # fetched in one test only
  chmod -R a+rwX "$work/tree" "$work/calls"
}

# Creates the fake programs in $work/bin, which is first in PATH. They log their calls in $work/calls; FAKE_* variables
# control their answers.
make_fakes() {
  mkdir "$work/bin"
  cat >"$work/bin/dpkg-query" <<END
#!/bin/sh
for word; do
  case \$word in
    -* | '\${'*) ;;
    *) [ "\$word" = "\$FAKE_MISSING" ] || echo "installed \$word" ;;
  esac
done
END
  cat >"$work/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$work/calls/apt-get"
END
  cat >"$work/bin/sleep" <<END
#!/bin/sh
echo "\$*" >>"$work/calls/sleep"
END
  # pip download fails FAKE_FAILURES times, then provides the wheel FAKE_WHEEL.
  cat >"$work/bin/python3" <<END
#!/bin/sh
case "\$*" in
  *" download "*)
    echo "\$*" >>"$work/calls/pip"
    [ "\$(wc -l <"$work/calls/pip")" -gt "\${FAKE_FAILURES:-0}" ] || { echo "pip: no route to the index" >&2; exit 1; }
    while [ "\$1" != --dest ]; do shift; done
    cp "\$FAKE_WHEEL" "\$2/"
    ;;
  "-m pip --version") ;;
  *find_spec*) echo "\${FAKE_PYTHON_TORCH:-}" ;;
  *) exit 1 ;;
esac
END
  chmod +x "$work"/bin/*
}

# make_libtorch FOLDER VERSION: creates the files by which a LibTorch folder is recognised.
make_libtorch() {
  local IFS=. major minor patch
  read -r major minor patch <<<"$2"
  mkdir -p "$1/lib" "$1/include/torch/headeronly"
  : >"$1/lib/libtorch_cpu.so"
  printf '#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n#define TORCH_VERSION_PATCH %s\n' \
    "$major" "$minor" "$patch" >"$1/include/torch/headeronly/version.h"
}

# setup [NAME=VALUE...] [-- ARGUMENTS]: runs ./run setup; its output goes to $output, its exit code to $code.
setup() {
  local -a environment=()
  while (($# > 0)) && [[ $1 != -- ]]; do
    environment+=("$1")
    shift
  done
  (($# == 0)) || shift
  code=0
  output=$(env PATH="$work/bin:$PATH" FAKE_WHEEL="$work/good.whl" "${environment[@]}" "${as_user[@]}" \
    "$work/tree/run" setup "$@" 2>&1) || code=$?
}

calls() { if [[ -e $work/calls/$1 ]]; then wc -l <"$work/calls/$1"; else echo 0; fi; }

# expect WHAT COMMAND...: reports a failure of WHAT if the command fails.
expect() {
  local what=$1
  shift
  if ! "$@"; then
    printf 'FAILED  %s: %s\n        exit code %s, output: %s\n' "$test_name" "$what" "$code" "$output" >&2
    failures=$((failures + 1))
  fi
}
is() { [[ $1 == "$2" ]]; }
says() { [[ $output == *"$1"* ]]; }
silent() { [[ -z $output ]]; }

begin() {
  test_name=$1
  as_user=()
  fresh_tree
}

make_fakes
make_libtorch "$work/wheel/torch" 2.11.0
(cd "$work/wheel" && "$real_python" -m zipfile -c "$work/good.whl" torch)
mkdir -p "$work/wheel/facenet_pytorch/data" "$work/wheel/facenet_pytorch-1.dist-info"
touch "$work/wheel/facenet_pytorch/data/"{pnet,rnet,onet}.pt "$work/wheel/facenet_pytorch/mtcnn.py" \
  "$work/wheel/facenet_pytorch-1.dist-info/LICENSE.md"
(cd "$work/wheel" && "$real_python" -m zipfile -c "$work/mtcnn.whl" facenet_pytorch facenet_pytorch-1.dist-info)
head -c 300 "$work/good.whl" >"$work/cut.whl"

begin "LibTorch is fetched once and stamped"
setup
expect "exit code" is "$code" 0
expect "unpacked" test -e "$work/tree/.deps/libtorch/torch/lib/libtorch_cpu.so"
expect "wheels removed" test ! -e "$work/tree/.deps/wheels-libtorch"
expect "asked for checksums" grep -q -- --require-hashes "$work/calls/pip"
setup
expect "the second call says nothing" silent
expect "one download in all" is "$(calls pip)" 1

begin "the detector's weights are kept and the package's code is not"
rm -r "$work/tree/.deps/mtcnn"
make_libtorch "$work/tree/mine" 2.11.0
setup LIBTORCH="$work/tree/mine" FAKE_WHEEL="$work/mtcnn.whl"
expect "exit code" is "$code" 0
expect "three networks and a licence" is "$(ls "$work/tree/.deps/mtcnn" | paste -sd' ')" "LICENSE.md onet.pt pnet.pt rnet.pt"
expect "nothing else" test ! -e "$work/tree/.deps/mtcnn.partial"
setup LIBTORCH="$work/tree/mine"
expect "one download in all" is "$(calls pip)" 1

begin "another pin is fetched anew"
setup
echo '# another' >>"$work/tree/deps/libtorch.txt"
setup
expect "two downloads" is "$(calls pip)" 2

begin "what a killed set-up left is thrown away"
mkdir -p "$work/tree/.deps/libtorch/torch/lib" "$work/tree/.deps/libtorch.partial" "$work/tree/.deps/wheels-libtorch"
: >"$work/tree/.deps/libtorch/torch/lib/half"
: >"$work/tree/.deps/wheels-libtorch/half.whl"
setup
expect "exit code" is "$code" 0
expect "nothing of the half one" test ! -e "$work/tree/.deps/libtorch/torch/lib/half"
expect "no partial folder" test ! -e "$work/tree/.deps/libtorch.partial"

begin "a download that fails twice is tried a third time"
setup FAKE_FAILURES=2
expect "exit code" is "$code" 0
expect "three calls" is "$(calls pip)" 3
expect "pauses that double" is "$(paste -sd' ' "$work/calls/sleep")" "2 4"

begin "a download that fails three times is explained"
setup FAKE_FAILURES=9
expect "exit code" is "$code" 1
expect "three calls" is "$(calls pip)" 3
expect "pip's words" says "no route to the index"
expect "the causes" says "Likely causes: no network"
expect "the way around" says "LIBTORCH=DIR ./run setup"
expect "nothing that looks whole" test ! -e "$work/tree/.deps/libtorch"

begin "a wheel cut off is no LibTorch"
setup FAKE_WHEEL="$work/cut.whl"
expect "exit code" is "$code" 1
expect "the reason" says "could not be unpacked"
expect "nothing that looks whole" test ! -e "$work/tree/.deps/libtorch"

begin "without root the exact command is printed"
((EUID != 0)) || as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
setup FAKE_MISSING=libspng-dev
expect "exit code" is "$code" 2
expect "the command" says "sudo apt-get update && sudo apt-get install -y --no-install-recommends libspng-dev"
expect "apt untouched" is "$(calls apt-get)" 0

begin "clang is needed for ./run fuzz alone"
((EUID != 0)) || as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
setup FAKE_MISSING=clang
expect "exit code of the usual set-up" is "$code" 0
setup FAKE_MISSING=clang -- --fuzz
expect "exit code with --fuzz" is "$code" 2
expect "the command" says "apt-get install -y --no-install-recommends clang"

begin "debootstrap is needed for ./run package alone"
((EUID != 0)) || as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
setup FAKE_MISSING=debootstrap
expect "exit code of the usual set-up" is "$code" 0
setup FAKE_MISSING=debootstrap -- --package
expect "exit code with --package" is "$code" 2
expect "the command" says "apt-get install -y --no-install-recommends debootstrap"

if ((EUID == 0)); then
  begin "root installs the missing packages alone"
  setup FAKE_MISSING=libspng-dev
  expect "exit code" is "$code" 0
  expect "update, then install" is "$(calls apt-get)" 2
  expect "the missing one" grep -q "install .* libspng-dev$" "$work/calls/apt-get"
fi

begin "an existing LibTorch is used and remembered"
make_libtorch "$work/tree/mine" 2.11.0
setup LIBTORCH="$work/tree/mine"
expect "exit code" is "$code" 0
expect "remembered" is "$(cat "$work/tree/.deps/libtorch-location")" "$(readlink -f "$work/tree/mine")"
setup
expect "nothing fetched" is "$(calls pip)" 0
rm -r "$work/tree/mine"
setup
expect "its loss is noticed" says "is gone"
expect "and made up for" is "$(calls pip)" 1

begin "LIBTORCH of another version or without one is refused"
make_libtorch "$work/tree/old" 2.6.0
setup LIBTORCH="$work/tree/old"
expect "exit code" is "$code" 2
expect "both versions" says "is version 2.6.0; massface is built with 2.11.0"
setup LIBTORCH="$work/tree"
expect "exit code of a folder without" is "$code" 2
expect "what was expected" says "holds no LibTorch"

begin "python3's torch is used where it is the right version"
make_libtorch "$work/tree/site-packages/torch" 2.11.0
setup FAKE_PYTHON_TORCH="$work/tree/site-packages/torch"
expect "nothing fetched" is "$(calls pip)" 0
expect "said" says "Using the LibTorch of python3"
setup FAKE_PYTHON_TORCH="$work/tree/site-packages/torch" LIBTORCH=
expect "unless told otherwise" is "$(calls pip)" 1

begin "an unknown argument or verb is a person's mistake"
setup -- --nope
expect "exit code" is "$code" 2
expect "what it takes" says "--cuda"
output=$("$work/tree/run" nope 2>&1) && code=0 || code=$?
expect "exit code of a verb" is "$code" 2
expect "the verbs" says "./run demo"

if ((failures > 0)); then
  printf '%s expectations failed\n' "$failures" >&2
  exit 1
fi
echo "all tests of the set-up passed"
