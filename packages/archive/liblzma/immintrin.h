/* How liblzma repeats what is in its dictionary (lz_decoder.h): 16 bytes at once. Of words, for not every processor has vectors. */
#pragma once
#include <stdint.h>

typedef struct {
  uint64_t first, second;
} __attribute__((packed, may_alias)) __m128i;

static inline __m128i _mm_loadu_si128(const __m128i *at) { return *at; }

static inline void _mm_storeu_si128(__m128i *at, __m128i value) { *at = value; }
