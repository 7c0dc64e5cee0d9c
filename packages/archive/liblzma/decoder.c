/* One decoder of one .xz file, as xz.ts drives it. */
#include "libc.h"
#include <lzma.h>

#define EXPORT(name) __attribute__((export_name(name)))

static lzma_stream stream = LZMA_STREAM_INIT;
static uint8_t input[1 << 16];
static uint8_t output[1 << 18];

EXPORT("input") uint8_t *input_start(void) { return input; }
EXPORT("inputBytes") size_t input_bytes(void) { return sizeof input; }
EXPORT("output") uint8_t *output_start(void) { return output; }

/* Begins; a dictionary may make it take so many bytes of memory. */
EXPORT("begin") lzma_ret begin(size_t most) {
  return lzma_stream_decoder(&stream, most, LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
}

/* So many bytes were put into the input. */
EXPORT("supply") void supply(size_t size) {
  stream.next_in = input;
  stream.avail_in = size;
}

/* Bytes of the input that are left. */
EXPORT("left") size_t left(void) { return stream.avail_in; }

/* Goes on until the input is used up or the output is full. */
EXPORT("decode") lzma_ret decode(bool is_last) {
  stream.next_out = output;
  stream.avail_out = sizeof output;
  return lzma_code(&stream, is_last ? LZMA_FINISH : LZMA_RUN);
}

/* Bytes that it put into the output. */
EXPORT("made") size_t made(void) { return sizeof output - stream.avail_out; }
