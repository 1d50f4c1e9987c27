/* What CONV_2D and DEPTHWISE_CONV_2D of int8 and uint8 prepare. */
#include "ops/channels.h"
#include "ops/convolution.h"
#include "quantization.h"

enum { INPUT, FILTER, BIAS };

bool nn_prepare_conv(nn_node *node, nn_prepare_conv_shape *fill_shape, uint8_t activation) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor bias = nn_node_input(node, BIAS);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_conv_params *p = node->params;
    if (!nn_check_counts(node, 2, 3) || !nn_check_weights(node, &input, &filter, &bias, &output) ||
        !fill_shape(node, p, &input.tensor, &filter.tensor, &output.tensor)) {
        return false;
    }
    if (nn_count(&filter.tensor, 1, 3) * p->group_channels > NN_MAX_SUM(filter.tensor.type)) {
        return nn_fail(node, "filter is too large");
    }
    p->input_offset = -input.tensor.zero_point;
    p->is_unsigned = input.tensor.type == NN_UINT8;
    p->filter_offset = p->is_unsigned ? -filter.tensor.zero_point : 0;
    p->output_offset = output.tensor.zero_point;
    return nn_activation_range(node, activation, &output.tensor, &p->min, &p->max) &&
           nn_prepare_channels(node, sizeof *p, &input, &filter, &output, p->output_channels);
}
