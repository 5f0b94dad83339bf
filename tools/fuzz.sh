#!/usr/bin/env bash
# ./run fuzz [TARGET|all] [SECONDS]: sets up, builds the fuzzing programs with clang, and runs one or all of them, two at
# a time, for SECONDS each (default 10). Exit code 1 on a finding, whose input is saved.
#
#   ./run fuzz                       all targets, 10 seconds each
#   ./run fuzz pickle 600            one target for ten minutes
#   ./run fuzz all --runs=10000000   all targets, ten million inputs each
#   ./run fuzz pickle FILE           reads one file, such as the input of a finding
#
# build/fuzz/corpus/TARGET keeps the inputs that reached new code, from which the next run starts; remove it to start
# from the target's own seeds. docs/fuzzing.md has the targets.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

target=${1:-all}
if [[ $target == -h || $target == --help ]]; then
  usage
  exit 0
fi
limit=-max_total_time=10 input=
case ${2:-} in
  '') ;;
  --runs=*[!0-9]* | --runs=) usage_error "./run fuzz: \"$2\": expected a number of inputs, such as --runs=10000000." ;;
  --runs=*) limit=-runs=${2#--runs=} ;;
  *[!0-9]*)
    [[ -f $2 && $target != all ]] || usage_error "./run fuzz: \"$2\" is neither a number of seconds nor a file."
    input=$(readlink -f "$2")
    ;;
  *) limit=-max_total_time=$2 ;;
esac
(($# <= 2)) || usage_error "./run fuzz takes a target and a number of seconds. ./run fuzz --help"

"$ROOT/tools/setup.sh" --fuzz
build=$ROOT/build/fuzz
cd "$ROOT"
if [[ ! -e $build/build.ninja || CMakePresets.json -nt $build/build.ninja ]]; then
  arguments=(--preset fuzz)
  if [[ -e $DEPS/libtorch-location ]]; then arguments+=("-DLIBTORCH=$(<"$DEPS/libtorch-location")"); fi
  cmake --fresh "${arguments[@]}" >&2
fi
ninja -C "$build" -j "$(nproc)" >&2

mapfile -t known < <(cd "$build/targets" && printf '%s\n' *_fuzz | sed 's/_fuzz$//')
if [[ $target == all ]]; then
  targets=("${known[@]}")
elif [[ " ${known[*]} " == *" $target "* ]]; then
  targets=("$target")
else
  usage_error "./run fuzz: there is no target \"$target\": ${known[*]}"
fi

# One allocation above 512 MB, 2 GB in all, or a minute for one small input are findings too. The messages of the
# program itself (standard error) are dropped; reports of libFuzzer and the sanitizers are not.
options=(-malloc_limit_mb=512 -rss_limit_mb=2048 -timeout=60 -entropic=0 -print_final_stats=1)
# Half a million small allocations a second: short stacks of where they were made, and no memory given back between.
export ASAN_OPTIONS=malloc_context_size=4:quarantine_size_mb=16:allocator_release_to_os_interval_ms=-1
if [[ -n $input ]]; then
  exec "$build/targets/${target}_fuzz" "${options[@]}" "$input"
fi

most_bytes() {
  case $1 in
    torch_file) echo 4096 ;;
    jpeg | packed | records) echo 1536 ;;
    list_file | npy | pairs | recipe) echo 400 ;;
    *) echo 1024 ;;
  esac
}

run_target() {
  local name=$1 corpus=$build/corpus/$1
  local program=$build/targets/${name}_fuzz
  mkdir -p "$corpus" "$build/seeds/$name" "$build/findings"
  "$program" "--seeds=$build/seeds/$name"
  "$program" "${options[@]}" "$limit" -close_fd_mask=2 -max_len="$(most_bytes "$name")" \
    -dict="$build/seeds/$name.words" -artifact_prefix="$build/findings/$name-" \
    "$corpus" "$build/seeds/$name" >"$build/$name.log" 2>&1
}

# A finding of a run, or nothing: the file that was saved.
finding_of() { sed -n 's/^.*Test unit written to //p' "$build/$1.log" | tail -n 1; }

# stat NAME LOG: libFuzzer's final statistics.
stat() { sed -n "s/^stat::$1: *//p" "$2"; }

pids=() names=() failed=()
wait_for_one() {
  wait "${pids[0]}" || failed+=("${names[0]}")
  pids=("${pids[@]:1}") names=("${names[@]:1}")
}
for name in "${targets[@]}"; do
  ((${#pids[@]} < 2)) || wait_for_one
  say "fuzz: $name ..."
  run_target "$name" &
  pids+=($!) names+=("$name")
done
while ((${#pids[@]} > 0)); do wait_for_one; done

printf '%-18s %12s %10s %8s %8s  %s\n' target inputs inputs/s edges corpus findings
for name in "${targets[@]}"; do
  log=$build/$name.log
  edges=$(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)
  corpus=$(find "$build/corpus/$name" -type f | wc -l)
  found=none
  if [[ " ${failed[*]-} " == *" $name "* ]]; then found=1; fi
  printf '%-18s %12s %10s %8s %8s  %s\n' "$name" "$(stat number_of_executed_units "$log")" \
    "$(stat average_exec_per_sec "$log")" "${edges:-0}" "$corpus" "$found"
done
for name in ${failed[@]+"${failed[@]}"}; do
  say ""
  input=$(finding_of "$name")
  if [[ -z $input ]]; then
    say "fuzz: $name did not run to its end: build/fuzz/$name.log"
    continue
  fi
  say "fuzz: $name: a finding, ${input#"$ROOT/"}. What its program says of it:"
  "$build/targets/${name}_fuzz" "${options[@]}" "$input" 2>&1 |
    grep -aE '^(==|SUMMARY|.*runtime error|.*broken invariant|ALARM|terminate|  what|    #[0-9] )' | head -n 14 >&2 || true
  say "Again:  ./run fuzz $name ${input#"$ROOT/"}"
done
((${#failed[@]} == 0))
