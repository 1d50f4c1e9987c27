/**
 * sha256: the SHA-256 of FIPS 180-4, by which a model is known.
 */
#ifndef APP_SHA256_H
#define APP_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32u

/** The digest of size bytes. */
void sha256(const uint8_t *data, size_t size, uint8_t digest[SHA256_BYTES]);

#endif
