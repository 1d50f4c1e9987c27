/* The `model` commands: another model in place of the built-in one.
 *
 * A loaded model lies at the end of the lane. Whatever is wrong with it, the built-in one runs
 * afterwards. */

#include "app/model.h"

#include <stdbool.h>
#include <string.h>

#include "app/classifier.h"
#include "app/commands.h"
#include "app/db.h"
#include "app/infer.h"
#include "app/lane.h"
#include "app/sha256.h"
#include "app/text.h"
#include "app/transfer.h"
#include "build_info.h"

static bool loaded;
static uint8_t digest[SHA256_BYTES];

bool model_is_built_in(void) {
    return !loaded;
}

const char *model_name(void) {
    return loaded ? "loaded" : BUILD_MODEL_NAME;
}

void model_print_sha256(void) {
    if (loaded) {
        text_hex(digest, sizeof digest);
    } else {
        text(BUILD_MODEL_SHA256);
    }
}

static void print_loaded(void) {
    text("m-model-loaded-[");
    model_print_sha256();
    text_line("]");
}

static void restore(void) {
    loaded = false;
    lane_free();
    (void)classifier_init();
}

/* Brings the file to the lane's end, from where it lies or over the UART. */
static uint8_t *fetch(const parse_words *words, uint32_t bytes, uint32_t crc) {
    uint32_t address = 0;
    bool in_lane = words->count > 4;
    if (in_lane && (!parse_number(words->word[4], &address) || !lane_holds(address, bytes))) {
        text_error("Outside the memory lane");
        return NULL;
    }
    uint8_t *place = lane_take(bytes);
    if (place == NULL) {
        text_error("No room for the model");
        return NULL;
    }
    const uint8_t *source = (const uint8_t *)(uintptr_t)address;
    if (in_lane ? !transfer_check(source, bytes, crc) : !transfer_receive(place, bytes, crc)) {
        return NULL;
    }
    if (in_lane) {
        memmove(place, source, bytes);
    }
    return place;
}

static bool use(const uint8_t *model, uint32_t bytes) {
    if (!classifier_use(model, bytes)) {
        classifier_report_error();
        return false;
    }
    sha256(model, bytes, digest);
    loaded = true;
    return true;
}

static void load(const parse_words *words) {
    uint32_t bytes;
    uint32_t crc;
    if (!parse_number(words->word[2], &bytes) || bytes == 0) {
        text_error("N must be >0");
        return;
    }
    if (!parse_hex_number(words->word[3], &crc)) {
        text_error("Bad CRC32");
        return;
    }
    const uint8_t *model = fetch(words, bytes, crc);
    if (model != NULL && use(model, bytes)) {
        print_loaded();
    } else {
        restore();
    }
}

void command_model(const parse_words *words) {
    bool is_load = strcmp(words->word[1], "load") == 0 && words->count >= 4;
    if (!is_load && (strcmp(words->word[1], "builtin") != 0 || words->count != 2)) {
        text_error("Usage: model builtin|load N CRC32 [ADDR]");
        return;
    }
    infer_forget();
    db_forget();
    restore();
    if (is_load) {
        load(words);
    } else {
        print_loaded();
    }
}
