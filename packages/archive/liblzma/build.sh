#!/bin/sh
# Makes src/liblzma.ts of the source of XZ Utils: packages/archive/liblzma/build.sh xz-5.8.1.tar.xz
# It needs clang-19 and lld-19 of Debian 12 (19.1.7), which give the same bytes each time, and Node 24.
set -eu
SOURCE_SHA256=0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$SOURCE_SHA256  $1" | sha256sum --check --quiet
tar -xf "$1" -C "$work" --strip-components=1
cp "$here"/libc.h "$here"/libc.c "$here"/decoder.c "$here"/crc64.c "$work"
cd "$work"

# All that they declare is in libc.h.
mkdir -p none/sys
touch none/sys/types.h none/errno.h none/inttypes.h none/stdlib.h none/string.h none/assert.h
cp "$here"/immintrin.h none

cd src/liblzma
sources="check/check.c check/crc32_fast.c common/block_decoder.c common/block_header_decoder.c
  common/block_util.c common/common.c common/filter_common.c common/filter_decoder.c common/filter_flags_decoder.c
  common/index_hash.c common/stream_decoder.c common/stream_flags_common.c common/stream_flags_decoder.c
  common/vli_decoder.c common/vli_size.c lz/lz_decoder.c lzma/lzma2_decoder.c lzma/lzma_decoder.c"
# All bits are decoded without branches, and matches copied 32 bytes at a time.
# As much memory as two dictionaries of xz -9 take, for one block after another.
clang-19 --target=wasm32 -O3 -flto -nostdlib -mbulk-memory -msign-ext -fno-ident \
  -include "$work/libc.h" -isystem "$work/none" -I"$work" \
  -Iapi -Icheck -Icommon -Ilz -Ilzma -Irangecoder -I../common -Idelta -Isimple \
  -DHAVE_DECODERS -DHAVE_DECODER_LZMA2 -DHAVE_CHECK_CRC32 -DHAVE_CHECK_CRC64 -DHAVE_VISIBILITY=0 \
  -DHAVE_STDBOOL_H -DHAVE_STDINT_H -DHAVE_INTTYPES_H -DHAVE___BUILTIN_BSWAPXX -DTUKLIB_FAST_UNALIGNED_ACCESS \
  -DTUKLIB_SYMBOL_PREFIX=lzma_ -DSIZEOF_SIZE_T=4 -DPACKAGE_NAME='""' -DPACKAGE_URL='""' -DPACKAGE_BUGREPORT='""' \
  -DHAVE_IMMINTRIN_H -DLZMA_LZ_DECODER_CONFIG=2 -DLZMA_RANGE_DECODER_CONFIG=15 \
  -Wl,--no-entry -Wl,--strip-all -Wl,--lto-O3 -Wl,--max-memory=167772160 \
  "$work/decoder.c" "$work/libc.c" "$work/crc64.c" $sources -o "$work/liblzma.wasm"

node --input-type=module - "$work/liblzma.wasm" "$here/../src/liblzma.ts" <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
const [wasm, target] = process.argv.slice(2);
const packed = brotliCompressSync(readFileSync(wasm), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
writeFileSync(
  target,
  `/*! The decoder of liblzma 5.8.1 (XZ Utils, 0BSD) as WebAssembly, under brotli, in base64: made by liblzma/build.sh. */
export const LIBLZMA =
  "${packed.toString("base64")}";
`,
);
JS
