# shellcheck shell=bash
# Sourced by the other scripts: defines the root of the tree and the functions that print messages, to standard error.

ROOT=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# The folder of everything that is fetched. Git ignores it, and it can be removed without harm.
# shellcheck disable=SC2034  # used by the scripts that source this
DEPS=$ROOT/.deps

say() { printf '%s\n' "$*" >&2; }

# Exit codes are those of massface itself. 1: the machine failed. 2: the user can correct the mistake.
fail() { say "Error: $*"; exit 1; }
usage_error() { say "Error: $*"; exit 2; }

# attempts COUNT COMMAND...: runs the command until it succeeds, at most COUNT times, with a pause that doubles.
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
