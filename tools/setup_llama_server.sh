#!/usr/bin/env bash
# Builds llama-server, the peer of `./run bench serve`, once from the pinned source that axia's own libllama is built from,
# with the same flags, and prints the program's path.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
prefix=$("$here/setup_llama.sh")
cache=$(dirname "$prefix")
key=${prefix##*-}
program=$cache/llama-server-$key
if [ -x "$program" ]; then echo "$program"; exit 0; fi
exec 9>"$cache/llama-server.lock"
flock 9
if [ -x "$program" ]; then echo "$program"; exit 0; fi

say() { echo "llama-server: $*" >&2; }
work=$cache/llama-server-build-$key
rm -rf "$work" && mkdir -p "$work"
"$here/setup_llama.sh" --source "$work"
say "building (some minutes on two cores, once)"
mapfile -t flags < <("$here/setup_llama.sh" --flags)
{
    cmake -S "$work/vendor/llama.cpp" -B "$work/build" -G Ninja "${flags[@]}" -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON
    ninja -C "$work/build" llama-server
} >"$cache/llama-server-build.log" 2>&1 || { tail -n 30 "$cache/llama-server-build.log" >&2; say "the build failed; the whole log is $cache/llama-server-build.log"; exit 1; }
mv "$work/build/bin/llama-server" "$program"
rm -rf "$work"
echo "$program"
