/* Choices between elements in plain C. */
#include "kernels/select.h"

#include <string.h>

void nn_select(const nn_select_params *params, const uint8_t *condition, const uint8_t *chosen,
               const uint8_t *other, uint8_t *output) {
    const nn_select_params *p = params;
    nn_walk which = {0};
    nn_walk if_true = {0};
    nn_walk if_false = {0};
    for (int32_t i = 0; i < p->count; i++) {
        const uint8_t *element = condition[which.offset] != 0 ? chosen + if_true.offset * p->size
                                                              : other + if_false.offset * p->size;
        memcpy(output, element, (size_t)p->size);
        output += p->size;
        nn_walk_on(&which, &p->condition);
        nn_walk_on(&if_true, &p->chosen);
        nn_walk_on(&if_false, &p->other);
    }
}
