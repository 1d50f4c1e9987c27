/* Constant numbers among an op's inputs. */
#include "ops/list.h"

#include <string.h>

bool nn_is_list(const nn_tensor *tensor, int32_t count) {
    return tensor->data != NULL && (tensor->type == NN_INT32 || tensor->type == NN_INT64) &&
           nn_count(tensor, 0, tensor->rank) == count;
}

/* A constant of int64 need not be aligned to more than four bytes. */
int64_t nn_list_at(const nn_tensor *list, int32_t i) {
    int64_t value;
    if (list->type == NN_INT32) {
        return ((const int32_t *)list->data)[i];
    }
    memcpy(&value, (const uint8_t *)list->data + (size_t)i * sizeof value, sizeof value);
    return value;
}

int32_t nn_axis_of(const nn_tensor *axis, int32_t rank) {
    int64_t value = nn_is_list(axis, 1) ? nn_list_at(axis, 0) : -1 - (int64_t)rank;
    value = value < 0 ? value + rank : value;
    return value >= 0 && value < rank ? (int32_t)value : -1;
}
