/* Memory that the host may write directly. */

#include "app/lane.h"

#include <stddef.h>

#include "bsp/bsp.h"
#include "nn/nn.h"

static uint32_t taken;

uint32_t lane_size(void) {
    return bsp_board.lane_size - taken;
}

bool lane_holds(uint32_t address, uint64_t bytes) {
    uint64_t lane_end = (uint64_t)bsp_board.lane_address + lane_size();
    return address >= bsp_board.lane_address && address + bytes <= lane_end;
}

uint8_t *lane_take(uint32_t bytes) {
    if (bytes > lane_size()) {
        return NULL;
    }
    taken = bsp_board.lane_size - ((bsp_board.lane_size - bytes) & ~(NN_ALIGNMENT - 1u));
    return (uint8_t *)(uintptr_t)(bsp_board.lane_address + lane_size());
}

void lane_free(void) {
    taken = 0;
}
