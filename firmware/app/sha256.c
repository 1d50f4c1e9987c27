/* SHA-256, for whole messages in memory; names are those of FIPS 180-4. */

#include "app/sha256.h"

#include <string.h>

#define BLOCK_BYTES 64u
#define LENGTH_BYTES 8u
#define ROUNDS 64u

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u,
    0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu,
    0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu,
    0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau, 0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
    0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu,
    0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
    0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u, 0x19a4c116u,
    0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u,
    0xc67178f2u,
};

static uint32_t rotr(uint32_t x, uint32_t n) {
    return x >> n | x << (32u - n);
}

static void expand(const uint8_t *block, uint32_t w[ROUNDS]) {
    for (uint32_t t = 0; t < 16u; t++) {
        const uint8_t *b = &block[4u * t];
        w[t] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (uint32_t t = 16; t < ROUNDS; t++) {
        uint32_t s0 = rotr(w[t - 15u], 7) ^ rotr(w[t - 15u], 18) ^ w[t - 15u] >> 3;
        uint32_t s1 = rotr(w[t - 2u], 17) ^ rotr(w[t - 2u], 19) ^ w[t - 2u] >> 10;
        w[t] = w[t - 16u] + s0 + w[t - 7u] + s1;
    }
}

/* The eight working variables a to h are v[0] to v[7]. */
static void add_block(uint32_t hash[8], const uint8_t *block) {
    static uint32_t w[ROUNDS];
    uint32_t v[8];
    expand(block, w);
    memcpy(v, hash, sizeof v);
    for (uint32_t t = 0; t < ROUNDS; t++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + choice + constants[t] + w[t];
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(&v[1], &v[0], 7u * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + s0 + majority;
    }
    for (uint32_t i = 0; i < 8u; i++) {
        hash[i] += v[i];
    }
}

static void put_big_endian(uint8_t *bytes, uint32_t value) {
    for (uint32_t i = 0; i < 4u; i++) {
        bytes[i] = (uint8_t)(value >> (24u - 8u * i));
    }
}

/* The end of the message with its padding: a one bit, zeros, and the length in bits. */
static void add_end(uint32_t hash[8], const uint8_t *rest, size_t rest_bytes, size_t size) {
    uint8_t block[BLOCK_BYTES] = {0};
    memcpy(block, rest, rest_bytes);
    block[rest_bytes] = 0x80u;
    if (rest_bytes >= BLOCK_BYTES - LENGTH_BYTES) {
        add_block(hash, block);
        memset(block, 0, sizeof block);
    }
    put_big_endian(&block[BLOCK_BYTES - 8u], (uint32_t)((uint64_t)size >> 29));
    put_big_endian(&block[BLOCK_BYTES - 4u], (uint32_t)size << 3);
    add_block(hash, block);
}

void sha256(const uint8_t *data, size_t size, uint8_t digest[SHA256_BYTES]) {
    uint32_t hash[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                        0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
    size_t whole = size / BLOCK_BYTES * BLOCK_BYTES;
    for (size_t at = 0; at < whole; at += BLOCK_BYTES) {
        add_block(hash, &data[at]);
    }
    add_end(hash, &data[whole], size - whole, size);
    for (uint32_t i = 0; i < 8u; i++) {
        put_big_endian(&digest[4u * i], hash[i]);
    }
}
