#!/bin/sh
# A value of your own from 24 pairs: check, learn, look, ask. Usage: run.sh [MODEL]; AXIA names the program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
axia=${AXIA:-axia}
model=${1:-smollm2}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

"$axia" data check "$here/pairs.jsonl"
"$axia" learn thrift --model "$model" --pairs "$here/pairs.jsonl" -o "$out/thrift.gguf"
"$axia" vectors show "$out/thrift.gguf" | head -n 5
"$axia" ask "I have a free Saturday and some money in my pocket. What should I do?" --model "$model" \
    --steer thrift=0.999 --vector "$out/thrift.gguf" --compare --max-tokens 60
