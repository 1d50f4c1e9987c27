/**
 * crc32: the CRC-32 of zlib, PNG and Ethernet.
 */
#ifndef APP_CRC32_H
#define APP_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** The checksum of size bytes that follow those whose checksum is crc; 0 if none came before. */
uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size);

#endif
