#!/usr/bin/env bash
# Fetches the pinned llama.cpp source, builds it once per version, flags, compiler and processor, and prints the
# install prefix. Everything lives in the cache folder, outside the tree. `--flags` prints the flags and `--source FOLDER`
# unpacks the patched source there, for tools/setup_llama_server.sh.
set -euo pipefail

version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
flags=(-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON
    -DGGML_OPENMP=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_TESTS=OFF
    -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF)
# with AVX512-FP16, ggml's steps are 128 halves wide, so attention heads of 64 fall to its scalar code, several times slower
if [[ $(${CXX:-c++} -march=native -dM -E -x c++ /dev/null 2>/dev/null || true) == *__AVX512FP16__* ]]; then
    flags+=(-DCMAKE_C_FLAGS=-mno-avx512fp16 -DCMAKE_CXX_FLAGS=-mno-avx512fp16)
fi

cache=${AXIA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/axia}/third_party
processor=$(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
patch=amx-tile-config+httplib+masked-cells
key=$(printf '%s\n' "$version" "$patch" "${flags[@]}" "$(${CXX:-c++} --version | head -n 1)" "$processor" | sha256sum | cut -c1-12)
prefix=$cache/llama-$version-$key

say() { echo "llama: $*" >&2; }
fetch() {
    echo "$sha256  $archive" | sha256sum --check --status 2>/dev/null && return 0
    say "fetching the pinned source $version (75 MB)"
    rm -rf "$cache/download" && mkdir -p "$cache/download"
    python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version" -d "$cache/download" >&2
    found=$(ls "$cache"/download/llama_cpp_python-*.tar.gz)
    echo "$sha256  $found" | sha256sum --check --status || { say "the source archive has another sha256 than the pinned one; nothing was built"; exit 1; }
    mv "$found" "$archive" && rm -rf "$cache/download"
}
unpack() {
    tar -xzf "$archive" -C "$1" --strip-components=1
    # gcc 12 tells the optimiser that ldtilecfg reads 8 of its 64 bytes, so the stores before it are dropped and the AMX
    # kernels die of an illegal instruction: make the whole structure visible
    sed -i 's/^\( *\)_tile_loadconfig(&tc);/\1__asm__ volatile("" : : "r"(\&tc) : "memory"); _tile_loadconfig(\&tc);/' "$1/vendor/llama.cpp/ggml/src/ggml-cpu/amx/mmq.cpp"
    # sequences share one cache, so most cells of a row are masked (-inf, FC00 in f16): pass over four at a time, and over a
    # tile without converting it; the results are the same bits
    sed -i -e '/for (int64_t ic = ic_start; ic < ic_end; ++ic) {/a\
            if (mp) {\
                for (uint64_t four; ic + 4 <= ic_end; ic += 4) {\
                    memcpy(\&four, mp + ic, sizeof(four));\
                    if (four != 0xFC00FC00FC00FC00u) break;\
                }\
                if (ic == ic_end) break;\
            }' -e '/bool can_skip = true;/a\
                bool masked = kv_tile % 4 == 0;\
                for (int tq = 0; masked \&\& tq < tile_rows; tq++) {\
                    const char * row = (const char *) mask->data + (iq1 + tq)*mask->nb[1] + (iq2%mask->ne[2])*mask->nb[2] + (iq3%mask->ne[3])*mask->nb[3];\
                    for (int tk = 0; masked \&\& tk < kv_tile; tk += 4) {\
                        uint64_t four;\
                        memcpy(\&four, row + (ic + tk)*sizeof(ggml_fp16_t), sizeof(four));\
                        masked = four == 0xFC00FC00FC00FC00u;\
                    }\
                }\
                if (masked) continue;' "$1/vendor/llama.cpp/ggml/src/ggml-cpu/ops.cpp"
}
archive=$cache/llama_cpp_python-$version.tar.gz
case ${1:-} in
    --flags) printf '%s\n' "${flags[@]}"; exit 0 ;;
    --source) fetch; unpack "$2"; exit 0 ;;
esac
if [ -e "$prefix/complete" ]; then echo "$prefix"; exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/llama.lock"
flock 9
if [ -e "$prefix/complete" ]; then echo "$prefix"; exit 0; fi

fetch
work=$cache/llama-build-$key
rm -rf "$work" "$prefix" && mkdir -p "$work"
unpack "$work"
source=$work/vendor/llama.cpp
say "building (about five minutes on two cores, once)"
{
    cmake -S "$source" -B "$work/build" -G Ninja "${flags[@]}" -DCMAKE_INSTALL_PREFIX="$prefix"
    ninja -C "$work/build"
    cmake --install "$work/build"
} >"$cache/llama-build.log" 2>&1 || { tail -n 30 "$cache/llama-build.log" >&2; say "the build failed; the whole log is $cache/llama-build.log"; exit 1; }
find "$work/build" -name 'libllama-common-base.a' -o -name 'libvendor-hash.a' -o -name 'libcpp-httplib.a' | while read -r part; do
    cp "$part" "$prefix/lib/"
done
mkdir -p "$prefix/include/llama-common"
(cd "$source/common" && find . -name '*.h' -exec cp --parents {} "$prefix/include/llama-common/" \;)
mkdir -p "$prefix/include/llama-vendor"
cp "$source/vendor/cpp-httplib/httplib.h" "$prefix/include/llama-vendor/"
if [ -d "$source/vendor" ]; then
    (cd "$source/vendor" && find . \( -name '*.h' -o -name '*.hpp' \) -path '*sheredom*' -exec cp --parents {} "$prefix/include/llama-common/" \; || true)
fi
cp "$source/LICENSE" "$prefix/LICENSE"
touch "$prefix/complete"
rm -rf "$work"
echo "$prefix"
