/* Shapes of convolutions. */
#include "ops/convolution.h"

#include "schema.h"

nn_window nn_conv_2d_window(nn_node *node, const nn_tensor *filter) {
    return (nn_window){
        .filter_y = filter->dims[1],
        .filter_x = filter->dims[2],
        .dilation_y = nn_option_i32(node, CONV_2D_DILATION_H, 1),
        .dilation_x = nn_option_i32(node, CONV_2D_DILATION_W, 1),
    };
}

nn_window nn_depthwise_conv_2d_window(nn_node *node, const nn_tensor *filter) {
    return (nn_window){
        .filter_y = filter->dims[1],
        .filter_x = filter->dims[2],
        .dilation_y = nn_option_i32(node, DEPTHWISE_CONV_2D_DILATION_H, 1),
        .dilation_x = nn_option_i32(node, DEPTHWISE_CONV_2D_DILATION_W, 1),
    };
}

bool nn_prepare_conv_2d_shape(nn_node *node, nn_conv_params *p, const nn_tensor *input,
                              const nn_tensor *filter, const nn_tensor *output) {
    p->batches = input->dims[0];
    p->input_channels = input->dims[3];
    p->group_channels = filter->dims[3];
    p->output_channels = filter->dims[0];
    if (output->dims[0] != p->batches || output->dims[3] != p->output_channels) {
        return nn_fail(node, "output has an unexpected shape");
    }
    if (p->input_channels % p->group_channels != 0) {
        return nn_fail(node, "input channels do not fit the filter's");
    }
    int32_t groups = p->input_channels / p->group_channels;
    if (p->output_channels % groups != 0) {
        return nn_fail(node, "output channels do not fit the groups");
    }
    p->group_outputs = p->output_channels / groups;
    nn_window window = nn_conv_2d_window(node, filter);
    return nn_prepare_axes(node, &p->y, &p->x, &window, input, output);
}

bool nn_prepare_depthwise_conv_2d_shape(nn_node *node, nn_conv_params *p, const nn_tensor *input,
                                        const nn_tensor *filter, const nn_tensor *output) {
    p->batches = input->dims[0];
    p->input_channels = input->dims[3];
    p->group_channels = 1;
    p->output_channels = filter->dims[3];
    p->group_outputs = p->output_channels / p->input_channels;
    if (filter->dims[0] != 1 || p->output_channels % p->input_channels != 0) {
        return nn_fail(node, "input channels do not fit the filter's");
    }
    if (output->dims[0] != p->batches || output->dims[3] != p->output_channels) {
        return nn_fail(node, "output has an unexpected shape");
    }
    nn_window window = nn_depthwise_conv_2d_window(node, filter);
    return nn_prepare_axes(node, &p->y, &p->x, &window, input, output);
}
