/* Functions of one float32, element by element. */
#include "ops/float/map.h"

#include "ops/float/float.h"
#include "ops/unary.h"

typedef struct {
    int32_t count;
} map_params;

uint32_t nn_map_size(const nn_node *node) {
    (void)node;
    return sizeof(map_params);
}

bool nn_prepare_map(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    map_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_float(node, 1)) {
        return false;
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    return true;
}

void nn_map(const nn_node *node, float (*function)(float)) {
    const map_params *p = node->params;
    nn_map_f32(function, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}
