#!/bin/sh
# Runs the compiler through ccache if that is installed, with settings that let it cache precompiled headers as well.
if command -v ccache >/dev/null 2>&1; then
  root=$(dirname "$(dirname "$(readlink -f "$0")")")
  # include_file_mtime is left out: if a header changes while the compiler runs, the result must not be cached.
  export CCACHE_SLOPPINESS=pch_defines,time_macros
  export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  exec ccache "$@"
fi
exec "$@"
