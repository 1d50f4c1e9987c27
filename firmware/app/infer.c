/* The commands that run the model. */

#include "app/infer.h"

#include <stdbool.h>

#include "app/anomaly.h"
#include "app/classifier.h"
#include "app/commands.h"
#include "app/db.h"
#include "app/ends.h"
#include "app/engine.h"
#include "app/lane.h"
#include "app/text.h"
#include "bsp/bsp.h"

/* True while the output is that of the input that `infer` was last called for. */
static bool answered;

void infer_forget(void) {
    answered = false;
}

static void print_results(void) {
    text("m-results-[");
    if (anomaly_is_asked_for() && anomaly_is_taken()) {
        text_fixed((double)anomaly_error(), 3);
        text_line("]");
        return;
    }
    for (uint32_t number = 0; number < ends_output_count(); number++) {
        for (uint32_t i = 0; i < classifier_values_in(number); i++) {
            text(number == 0 && i == 0 ? "" : ",");
            text_fixed(classifier_value(number, i), 3);
        }
    }
    text_line("]");
}

static void print_bytes(void) {
    for (uint32_t i = 0; i < ends_output_count(); i++) {
        nn_tensor output = engine_output(i);
        text_hex(output.data, output.bytes);
    }
}

static bool run_times(const uint8_t *input, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (!classifier_run(input)) {
            classifier_report_error();
            return false;
        }
    }
    return true;
}

static bool warm_up(const uint8_t *input, uint32_t count) {
    if (count == 0) {
        return true;
    }
    text("m-warmup-start-");
    text_u64(count);
    text_line("");
    if (!run_times(input, count)) {
        return false;
    }
    text_line("m-warmup-done");
    return true;
}

/* Both times are written after the run: writing takes longer than some models. */
static bool measure(const uint8_t *input, uint32_t count) {
    text("m-infer-start-");
    text_u64(count);
    text_line("");
    bsp_uart_flush();
    uint64_t start = bsp_time_us();
    if (!run_times(input, count)) {
        return false;
    }
    uint64_t end = bsp_time_us();
    text_lap(start);
    text_lap(end);
    text_line("m-infer-done");
    return true;
}

void command_infer(const parse_words *words) {
    uint32_t count = 1;
    uint32_t warmups = 0;
    if (words->count > 1 && (!parse_number(words->word[1], &count) || count == 0)) {
        text_error("Inference iterations must be >0");
        return;
    }
    if (words->count > 2 && !parse_number(words->word[2], &warmups)) {
        text_error("Inference warmup must be >=0");
        return;
    }
    answered = false;
    const uint8_t *input = db_input();
    if (input != NULL && warm_up(input, warmups) && measure(input, count)) {
        answered = true;
        print_results();
    }
}

void command_results(const parse_words *words) {
    (void)words;
    if (answered) {
        print_results();
    } else {
        text_error("No inference yet");
    }
}

void command_output(const parse_words *words) {
    (void)words;
    if (!answered) {
        text_error("No inference yet");
        return;
    }
    text("m-output-[");
    print_bytes();
    text_line("]");
    text("m-ticks-[");
    text_u64(classifier_ticks());
    text_line("]");
}

static void print_item(uint32_t index) {
    text("m-item-[");
    text_u64(index);
    text(",");
    text_u64(classifier_class());
    text(",");
    text_u64(classifier_ticks());
    text(",");
    print_bytes();
    text_line("]");
}

static bool run_batch(uint32_t address, uint32_t count) {
    const uint8_t *input = (const uint8_t *)(uintptr_t)address;
    for (uint32_t i = 0; i < count; i++) {
        if (!classifier_run(input)) {
            classifier_report_error();
            return false;
        }
        print_item(i);
        input += ends_input_bytes();
    }
    return true;
}

void command_batch(const parse_words *words) {
    uint32_t address;
    uint32_t count;
    if (!parse_number(words->word[1], &address) || !parse_number(words->word[2], &count)) {
        text_error("ADDR and COUNT must be numbers");
    } else if (count == 0) {
        text_error("COUNT must be >0");
    } else if (!lane_holds(address, (uint64_t)count * ends_input_bytes())) {
        text_error("Outside the memory lane");
    } else {
        answered = false;
        if (run_batch(address, count)) {
            text_line("m-batch-done");
        }
    }
}
