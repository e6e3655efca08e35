#!/bin/sh
# Every arm beside every other: tunes a plan for a value within few tokens, then measures it on held-out pairs.
# Usage: compare_arms.sh [VALUE] [MODEL] [PLAN]; AXIA names the program. A few minutes.
set -eu
axia=${AXIA:-axia}
value=${1:-security}
model=${2:-smollm2}
plan=${3:-$value-plan.json}

"$axia" tune "$value" --model "$model" --tokens "${TOKENS:-20000}" -o "$plan"
"$axia" plan show "$plan"
"$axia" effect "$plan" --model "$model" --limit 20 --cross-pairs 18
