/* What SVDF of any type shares. */
#ifndef NN_OPS_SVDF_H
#define NN_OPS_SVDF_H

#include "kernels/svdf.h"
#include "op.h"

enum { SVDF_INPUT, SVDF_FEATURES, SVDF_TIME, SVDF_BIAS, SVDF_STATE };

/** Checks all that does not depend on a type, and reads the shape. */
bool nn_check_svdf(nn_node *node, nn_svdf_shape *shape);

#endif
