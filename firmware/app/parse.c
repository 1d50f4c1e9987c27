/* Reads command lines: words, numbers and hexadecimal bytes. */

#include "app/parse.h"

#include <string.h>

parse_words parse_split(char *line) {
    parse_words words = {.count = 0};
    bool in_word = false;
    for (char *c = line; *c != '\0'; c++) {
        if (*c == ' ') {
            *c = '\0';
            in_word = false;
            continue;
        }
        if (!in_word && words.count < PARSE_MAX_WORDS) {
            words.word[words.count] = c;
        }
        words.count += in_word ? 0u : 1u;
        in_word = true;
    }
    return words;
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static bool read_digits(const char *digits, uint32_t base, uint32_t *value) {
    uint64_t sum = 0;
    if (*digits == '\0') {
        return false;
    }
    for (; *digits != '\0'; digits++) {
        int digit = digit_value(*digits);
        if (digit < 0 || (uint32_t)digit >= base) {
            return false;
        }
        sum = sum * base + (uint32_t)digit;
        if (sum > UINT32_MAX) {
            return false;
        }
    }
    *value = (uint32_t)sum;
    return true;
}

bool parse_number(const char *word, uint32_t *value) {
    if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        return read_digits(word + 2, 16, value);
    }
    return read_digits(word, 10, value);
}

bool parse_hex_number(const char *word, uint32_t *value) {
    return strlen(word) <= 8u && read_digits(word, 16, value);
}

bool parse_is_hex(const char *word) {
    size_t digits = 0;
    for (; word[digits] != '\0'; digits++) {
        if (digit_value(word[digits]) < 0) {
            return false;
        }
    }
    return digits > 0 && digits % 2u == 0;
}

void parse_hex(const char *word, uint8_t *bytes) {
    for (; word[0] != '\0'; word += 2) {
        *bytes++ = (uint8_t)(digit_value(word[0]) * 16 + digit_value(word[1]));
    }
}
