# shellcheck shell=bash
# Sourced by the scripts beside it: the root of the tree, and how they speak. Messages go to standard error.

ROOT=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# What is fetched: ignored by git, removed without harm.
# shellcheck disable=SC2034  # used by the scripts that source this
DEPS=$ROOT/.deps

say() { printf '%s\n' "$*" >&2; }

# 1: the machine failed us. 2: a person can mend it. The same codes as massface's own.
fail() { say "Error: $*"; exit 1; }
usage_error() { say "Error: $*"; exit 2; }

# attempts COUNT COMMAND...: until it succeeds, with a pause that doubles.
attempts() {
  local count=$1 pause=2 i
  shift
  for ((i = 1; i <= count; i++)); do
    "$@" && return 0
    if ((i < count)); then
      say "Attempt $i of $count failed; trying again in $pause s."
      sleep "$pause"
      pause=$((pause * 2))
    fi
  done
  return 1
}
