/* The commands that tell who the device is. */

#include <stdbool.h>
#include <string.h>

#include "app/classifier.h"
#include "app/commands.h"
#include "app/ends.h"
#include "app/engine.h"
#include "app/lane.h"
#include "app/model.h"
#include "app/selftest.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

/* An ELF note, as the linker writes it (System V gABI, "Note Section"). */
typedef struct {
    uint32_t name_size;
    uint32_t description_size;
    uint32_t type;
    uint8_t name[4]; /* "GNU" */
    uint8_t description[];
} elf_note;

extern const elf_note linker_build_id;

void command_name(const parse_words *words) {
    (void)words;
    text_line("m-name-dut-[tinyml-hil " BUILD_PLATFORM "]");
}

/* The profile is the official firmware's, which the official runner looks for. */
void command_profile(const parse_words *words) {
    (void)words;
    text_line("m-profile-[ULPMark for tinyML Firmware V0.0.1]");
    text("m-model-[");
    text(model_name());
    text_line("]");
}

void command_timestamp(const parse_words *words) {
    (void)words;
    text_lap(bsp_time_us());
}

void command_reset(const parse_words *words) {
    (void)words;
    bsp_reset();
}

static void json_key(const char *key) {
    text(",");
    text_json(key);
    text(":");
}

static void json_text(const char *key, const char *value) {
    json_key(key);
    text_json(value);
}

static void json_number(const char *key, uint64_t value) {
    json_key(key);
    text_u64(value);
}

static const char *type_name(nn_type type) {
    switch (type) {
    case NN_INT8:
        return "int8";
    case NN_UINT8:
        return "uint8";
#if BUILD_WITH_TENSORS /* further outputs may have these */
    case NN_INT32:
        return "int32";
    case NN_INT64:
        return "int64";
    case NN_BOOL:
        return "bool";
#endif
#if BUILD_WITH_TENSORS || NN_WITH_INT16
    case NN_INT16:
        return "int16";
#endif
    default:
        return "float32";
    }
}

static void json_tensor_facts(const nn_tensor *tensor) {
    text("{\"shape\":[");
    for (int32_t i = 0; i < tensor->rank; i++) {
        text(i == 0 ? "" : ",");
        text_i32(tensor->dims[i]);
    }
    text("]");
    json_text("type", type_name(tensor->type));
    json_key("scale");
    text_float(tensor->scale);
    json_key("zero_point");
    text_i32(tensor->zero_point);
    json_number("bytes", tensor->bytes);
    text("}");
}

static bool op_seen_before(uint32_t op) {
    for (uint32_t i = 0; i < op; i++) {
        if (strcmp(engine_op_name(i), engine_op_name(op)) == 0) {
            return true;
        }
    }
    return false;
}

static void json_ops(void) {
    json_key("ops");
    text("[");
    for (uint32_t i = 0; i < engine_op_count(); i++) {
        if (!op_seen_before(i)) {
            text(i == 0 ? "" : ",");
            text_json(engine_op_name(i));
        }
    }
    text("]");
}

static void json_labels(void) {
    json_key("labels");
    text("[");
    const char *label = selftest_labels();
    for (uint32_t i = 0; i < selftest_label_count(); i++) {
        text(i == 0 ? "" : ",");
        text_json(label);
        label += strlen(label) + 1u;
    }
    text("]");
}

static void json_tensor(const char *key, const nn_tensor *tensor) {
    json_key(key);
    json_tensor_facts(tensor);
}

#if BUILD_WITH_TENSORS
typedef nn_tensor tensor_getter(uint32_t i);

/* All of them; that key is left out where there is one. */
static void json_tensors(const char *key, uint32_t count, tensor_getter *get) {
    if (count == 1) {
        return;
    }
    json_key(key);
    for (uint32_t i = 0; i < count; i++) {
        nn_tensor tensor = get(i);
        text(i == 0 ? "[" : ",");
        json_tensor_facts(&tensor);
    }
    text("]");
}
#endif

static void json_model(void) {
    nn_tensor input = engine_input(0);
    nn_tensor output = engine_output(0);
    json_ops();
    json_tensor("input", &input);
    json_tensor("output", &output);
#if BUILD_WITH_TENSORS
    json_tensors("inputs", engine_input_count(), engine_input);
    json_tensors("outputs", engine_output_count(), engine_output);
#endif
    json_key("threshold");
    text_float(classifier_threshold());
    json_number("arena_used", engine_arena_used());
    json_key("error");
    text("null");
}

static void json_model_error(void) {
    text(",\"ops\":[],\"input\":null,\"output\":null,\"arena_used\":0,\"error\":\"");
    classifier_print_error();
    text("\"");
}

static void json_lane(void) {
    text(",\"lane\":{\"address\":");
    text_u64(bsp_board.lane_address);
    json_number("size", lane_size());
    text("}");
}

void command_info(const parse_words *words) {
    (void)words;
    text("m-info-[{\"version\":\"" BUILD_VERSION "\",\"build_id\":\"");
    text_hex(linker_build_id.description, linker_build_id.description_size);
    text("\"");
    json_text("platform", BUILD_PLATFORM);
    json_number("core_hz", bsp_board.core_hz);
    json_text("ticks", bsp_board.ticks_unit);
    json_text("model", model_name());
    json_key("model_sha256");
    text("\"");
    model_print_sha256();
    text("\"");
    json_number("schema", ENGINE_SCHEMA_VERSION);
    if (classifier_ready()) {
        json_model();
    } else {
        json_model_error();
    }
    json_number("arena_size", classifier_arena_size());
    json_lane();
    json_labels();
    text_line("}]");
}

void command_memory(const parse_words *words) {
    (void)words;
    text("m-memory-[{\"arena_used\":");
    text_u64(classifier_ready() ? engine_arena_used() : 0);
    json_number("arena_size", classifier_arena_size());
    json_number("heap", 0);
    json_number("stack_used", bsp_stack_used());
    json_number("stack_inference", classifier_stack());
    json_number("stack_size", bsp_stack_size());
    text_line("}]");
}
