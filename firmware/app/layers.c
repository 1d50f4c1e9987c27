/* The commands that look into the model: what each op gives, and how long it takes.
 *
 * The arena is reused from op to op, so an op's outputs are taken right after it, in an inference
 * that is run for that. */

#include <stdbool.h>

#include "app/classifier.h"
#include "app/commands.h"
#include "app/crc32.h"
#include "app/db.h"
#include "app/engine.h"
#include "app/infer.h"
#include "app/text.h"
#include "bsp/bsp.h"

static bool run(classifier_visitor visit, void *context) {
    infer_forget();
    const uint8_t *input = db_input();
    if (input == NULL) {
        return false;
    }
    if (!classifier_run_layers(input, visit, context)) {
        classifier_report_error();
        return false;
    }
    return true;
}

/* Of all outputs, one after the other. */
static uint32_t outputs_crc(uint32_t op) {
    uint32_t crc = 0;
    for (uint32_t i = 0; i < engine_op_output_count(op); i++) {
        nn_tensor output = engine_op_output(op, i);
        crc = crc32(crc, output.data, output.bytes);
    }
    return crc;
}

static void print_layer(void *context, uint32_t op, uint64_t ticks) {
    (void)context;
    text("m-layer-[");
    text_u64(op);
    text(",");
    text(engine_op_name(op));
    text(",");
    text_hex32(outputs_crc(op));
    text(",");
    text_u64(ticks);
    text_line("]");
}

void command_layers(const parse_words *words) {
    (void)words;
    (void)run(print_layer, NULL);
}

static void print_header(uint32_t op) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < engine_op_output_count(op); i++) {
        bytes += engine_op_output(op, i).bytes;
    }
    text("m-tensor-[");
    text_u64(op);
    text(",");
    text_u64(bytes);
    text(",");
    text_hex32(outputs_crc(op));
    text_line("]");
}

static void send_outputs(void *context, uint32_t op, uint64_t ticks) {
    (void)ticks;
    const uint32_t *wanted = context;
    if (op != *wanted) {
        return;
    }
    print_header(op);
    for (uint32_t i = 0; i < engine_op_output_count(op); i++) {
        nn_tensor output = engine_op_output(op, i);
        bsp_uart_write(output.data, output.bytes);
    }
}

void command_tensor(const parse_words *words) {
    uint32_t op;
    if (!parse_number(words->word[1], &op) || op >= engine_op_count()) {
        text_error("No such op");
    } else {
        (void)run(send_outputs, &op);
    }
}
