/* UNIDIRECTIONAL_SEQUENCE_LSTM: int8. TFLM rounds otherwise within a step than LiteRT, and nobody
 * has checked how; so the engine refuses it. */
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return 0;
}

static bool prepare(nn_node *node) {
    return nn_fail(node, "is not in the arithmetic of TFLM");
}

static void invoke(const nn_node *node) {
    (void)node;
}

const nn_op nn_op_unidirectional_sequence_lstm = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM",
    .code = BUILTIN_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .options_type = OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .may_lack = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
