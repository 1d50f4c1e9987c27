/**
 * parse: reads command lines. Pure functions over memory; nothing here knows the console.
 */
#ifndef APP_PARSE_H
#define APP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** No command has more words. */
#define PARSE_MAX_WORDS 5u

/** The words of a line. Of one that has too many, the first are kept and the count says so. */
typedef struct {
    const char *word[PARSE_MAX_WORDS];
    uint32_t count;
} parse_words;

/** Splits a line at its spaces, in place: every word becomes a string. */
parse_words parse_split(char *line);

/** Reads an unsigned number, decimal or 0x hexadecimal; false unless the whole word is one that
 *  fits into 32 bits. */
bool parse_number(const char *word, uint32_t *value);

/** Reads an unsigned hexadecimal number without 0x, of at most 8 digits. */
bool parse_hex_number(const char *word, uint32_t *value);

/** True if the word is hexadecimal digits, two a byte. */
bool parse_is_hex(const char *word);

/** Reads the bytes of a word for which parse_is_hex() is true. */
void parse_hex(const char *word, uint8_t *bytes);

#endif
