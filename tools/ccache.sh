#!/bin/sh
# ccache where it is installed; told that a precompiled header may be cached too.
if command -v ccache >/dev/null 2>&1; then
  root=$(dirname "$(dirname "$(readlink -f "$0")")")
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  exec ccache "$@"
fi
exec "$@"
