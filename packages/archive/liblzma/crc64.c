/* CRC64 eight bytes at a time; that of liblzma for any processor takes four. */
#include "check.h"

#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42)

/* Of each byte what becomes of the CRC when so many bytes follow. */
static uint64_t followed[8][256];

static void fill(void) {
  for (unsigned byte = 0; byte < 256; byte++) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
    followed[0][byte] = crc;
  }
  for (int by = 1; by < 8; by++)
    for (unsigned byte = 0; byte < 256; byte++) {
      const uint64_t crc = followed[by - 1][byte];
      followed[by][byte] = (crc >> 8) ^ followed[0][crc & 0xFF];
    }
}

extern LZMA_API(uint64_t) lzma_crc64(const uint8_t *at, size_t size, uint64_t crc) {
  if (followed[0][1] == 0) fill();
  crc = ~crc;
  for (; size >= 8; size -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    word ^= crc;
    crc = followed[7][word & 0xFF] ^ followed[6][(word >> 8) & 0xFF] ^ followed[5][(word >> 16) & 0xFF] ^
          followed[4][(word >> 24) & 0xFF] ^ followed[3][(word >> 32) & 0xFF] ^
          followed[2][(word >> 40) & 0xFF] ^ followed[1][(word >> 48) & 0xFF] ^ followed[0][word >> 56];
  }
  for (; size > 0; size--) crc = followed[0][(*at++ ^ crc) & 0xFF] ^ (crc >> 8);
  return ~crc;
}
