#!/bin/sh
# ccache where it is installed; told that a precompiled header may be cached too.
if command -v ccache >/dev/null 2>&1; then
  root=$(dirname "$(dirname "$(readlink -f "$0")")")
  # Not include_file_mtime: a header that changes under a running compiler must not be remembered with the old result.
  export CCACHE_SLOPPINESS=pch_defines,time_macros
  export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  exec ccache "$@"
fi
exec "$@"
