/**
 * lane: memory that the host may write directly. Inputs lie at its start; a loaded model takes its
 * end.
 */
#ifndef APP_LANE_H
#define APP_LANE_H

#include <stdbool.h>
#include <stdint.h>

/** The bytes that are free for inputs. */
uint32_t lane_size(void);

/** Whether so many bytes from an address on lie in what is free. */
bool lane_holds(uint32_t address, uint64_t bytes);

/** Takes so many bytes off the end, aligned for the engine; NULL if there is no room. */
uint8_t *lane_take(uint32_t bytes);

/** Frees what was taken. */
void lane_free(void);

#endif
