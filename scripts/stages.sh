# Sourced by the other scripts: stages with a heading, a time, and the whole output only when something fails.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDTERMINALLOGGER=off
logs=$root/artifacts/logs
mkdir -p "$logs"

# now_ms: milliseconds, for differences only.
now_ms() { date +%s%3N 2>/dev/null | grep -E '^[0-9]+$' || echo "$(date +%s)000"; }

# seconds MS: "12.3 s".
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# stage TITLE COMMAND...: runs a command quietly; prints its last lines when it fails, and returns its code.
# No process of the command keeps our output open: build servers outlive the build.
stage() {
  local title=$1 log code=0 start
  shift
  log=$logs/$(printf '%s' "$title" | tr -cs 'A-Za-z0-9' '-' | sed 's/-*$//').log
  start=$(now_ms)
  printf '%-36s' "$title"
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if ((code == 0)); then
    printf ' ok      %s\n' "$(seconds $(($(now_ms) - start)))"
  else
    printf ' FAILED  %s (exit code %d)\n' "$(seconds $(($(now_ms) - start)))" "$code"
    tail -n "${STAGE_TAIL_LINES:-60}" "$log" | sed 's/^/    /'
    printf '    the whole output: %s\n' "${log#"$root"/}"
  fi
  return "$code"
}

# need PROGRAM HINT: ends the script with a sentence when a program is missing.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "$(basename "$0"): $1 is not installed: $2" >&2
  exit 1
}

# digest FILES-FROM-STDIN (NUL-separated): one checksum over names and contents.
digest() {
  if command -v sha256sum >/dev/null 2>&1; then xargs -0 sha256sum | sha256sum; else xargs -0 shasum -a 256 | shasum -a 256; fi
}
