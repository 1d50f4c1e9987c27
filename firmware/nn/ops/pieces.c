/* Outputs of equal size, which take turns in the input. */
#include "ops/pieces.h"

#include "kernels/copy.h"

uint32_t nn_pieces_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_pieces_params);
}

bool nn_check_pieces(nn_node *node, const nn_model_tensor *input, const nn_tensor *expected) {
    bool fit = true;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_model_tensor output = nn_node_output(node, i);
        fit = fit && nn_same_shape(&output.tensor, expected) &&
              output.tensor.type == expected->type && nn_same_quantization(&output, input);
    }
    return fit || nn_fail(node, "output has an unexpected type, shape or quantization");
}

void nn_take_pieces(const nn_node *node, uint32_t input) {
    const nn_pieces_params *p = node->params;
    const uint8_t *from = nn_input_data(node, input);
    int32_t stride = p->piece * (int32_t)node->outputs.count;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_copy_rows(from, stride, nn_output_data(node, i), p->piece, p->rows, p->piece);
        from += p->piece;
    }
}
