/* The `db` commands: one input, loaded as hexadecimal lines of pixels or as the tensor's raw bytes.
 *
 * It has a buffer of its own, because an inference may overwrite the input in the arena. */

#include "app/db.h"

#include <stdbool.h>
#include <string.h>

#include "app/anomaly.h"
#include "app/classifier.h"
#include "app/commands.h"
#include "app/ends.h"
#include "app/engine.h"
#include "app/text.h"
#include "app/transfer.h"
#include "build_info.h"

#define PRINTED_PER_LINE 8u

__attribute__((section(".input"), aligned(4))) static uint8_t input[BUILD_INPUT_SIZE];

static uint32_t expected; /* 0: nothing is being loaded, nothing is loaded */
static uint32_t loaded;
static bool has_reals; /* what is being loaded are real numbers, of which the input is made */

const uint8_t *db_input(void) {
    if (expected > 0 && loaded == expected) {
        return input;
    }
    text_error("No input is loaded");
    return NULL;
}

void db_forget(void) {
    expected = 0;
    loaded = 0;
}

static void forget_reals(void) {
    if (anomaly_is_asked_for()) {
        anomaly_forget();
        has_reals = false;
    }
}

static bool loads_reals(void) {
    return anomaly_is_asked_for() && has_reals;
}

/* Checks the size that the host announced, and makes room for it. */
static bool begin(const char *word) {
    uint32_t size = 0;
    uint32_t wanted = ends_input_bytes();
    if (wanted > sizeof input) {
        text_error("The model's input is larger than the input buffer");
        return false;
    }
    if (!parse_number(word, &size) || size != wanted) {
        text("e-[Expected ");
        text_u64(wanted);
        text_line(" bytes]");
        return false;
    }
    forget_reals();
    expected = size;
    loaded = 0;
    return true;
}

/* Whether it is the size of an input in real numbers, as the MLPerf Tiny runner sends ad01's. */
static bool begin_reals(const char *word) {
    uint32_t size = 0;
    if (!anomaly_is_asked_for() || !parse_number(word, &size) || size == 0 ||
        size != anomaly_bytes()) {
        return false;
    }
    forget_reals();
    expected = size;
    loaded = 0;
    has_reals = true;
    return true;
}

static void take_reals(void) {
    anomaly_take(input);
    expected = ends_input_bytes();
    loaded = expected;
    has_reals = false;
}

/* Lines of hexadecimal hold pixels, 0 to 255, as the MLPerf Tiny runner sends them. An int8 input
 * holds them less 128. The same step leads back. What it sends to its kws01 are int8 values;
 * several tensors are taken as they are. */
static void swap_pixels_and_values(uint8_t *bytes, uint32_t count) {
    bool has_pixels = ends_input_count() == 1 && engine_input(0).type == NN_INT8 &&
                      strcmp(BUILD_MODEL_NAME, "kws01") != 0 && !loads_reals();
    uint8_t sign = has_pixels ? 0x80u : 0u;
    for (uint32_t i = 0; i < count; i++) {
        bytes[i] ^= sign;
    }
}

static void load_hex(const char *word) {
    uint32_t bytes = (uint32_t)strlen(word) / 2u;
    if (!parse_is_hex(word)) {
        text_error("Bad hex");
    } else if (expected == 0) {
        text_error("First db load N");
    } else if (bytes > expected - loaded) {
        text_error("Too many bytes");
    } else {
        parse_hex(word, &input[loaded]);
        swap_pixels_and_values(&input[loaded], bytes);
        loaded += bytes;
        if (loaded == expected) {
            if (loads_reals()) {
                take_reals();
            }
            text_line("m-load-done");
        }
    }
}

#ifndef WITHOUT_EXTENSIONS
static void load_binary(const char *size, const char *crc_word) {
    uint32_t crc;
    if (!parse_hex_number(crc_word, &crc)) {
        text_error("Bad CRC32");
        return;
    }
    if (!begin(size)) {
        return;
    }
    if (transfer_receive(input, expected, crc)) {
        loaded = expected;
        text_line("m-load-done");
    } else {
        db_forget();
    }
}
#endif

static void print(void) {
    for (uint32_t i = 0; i < loaded; i++) {
        text(i % PRINTED_PER_LINE == 0 ? "m-buffer-" : "-");
        uint8_t pixel = input[i];
        swap_pixels_and_values(&pixel, 1);
        text_hex(&pixel, 1);
        if (i % PRINTED_PER_LINE == PRINTED_PER_LINE - 1u || i == loaded - 1u) {
            text_line("");
        }
    }
}

void command_db(const parse_words *words) {
    const char *action = words->word[1];
    if (words->count == 3 && strcmp(action, "load") == 0) {
        if (begin_reals(words->word[2]) || begin(words->word[2])) {
            transfer_ask(expected);
        }
#ifndef WITHOUT_EXTENSIONS
    } else if (words->count == 4 && strcmp(action, "bin") == 0) {
        load_binary(words->word[2], words->word[3]);
#endif
    } else if (words->count == 2 && strcmp(action, "print") == 0) {
        print();
    } else if (words->count == 2 && strcmp(action, "load") != 0 && strcmp(action, "bin") != 0) {
        load_hex(action);
    } else {
        text_error("Usage: db " DB_USAGE);
    }
}
