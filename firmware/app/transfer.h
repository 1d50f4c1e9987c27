/**
 * transfer: raw bytes over the console, announced by their number and checked by their CRC32.
 */
#ifndef APP_TRANSFER_H
#define APP_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

/** Asks the host for so many bytes: `m-[Expecting N bytes]`. */
void transfer_ask(uint32_t bytes);

/** Asks for the bytes, receives and checks them. False, after an error line, if they do not come or
 *  are damaged. */
bool transfer_receive(uint8_t *data, uint32_t bytes, uint32_t crc);

/** Whether bytes have this checksum; writes an error line if not. */
bool transfer_check(const uint8_t *data, uint32_t bytes, uint32_t crc);

#endif
