/* Raw bytes over the console. */

#include "app/transfer.h"

#include "app/crc32.h"
#include "app/text.h"
#include "bsp/bsp.h"

#define TIMEOUT_US 1000000u

void transfer_ask(uint32_t bytes) {
    text("m-[Expecting ");
    text_u64(bytes);
    text_line(" bytes]");
}

bool transfer_receive(uint8_t *data, uint32_t bytes, uint32_t crc) {
    transfer_ask(bytes);
    uint32_t received = 0;
    while (received < bytes && bsp_uart_wait(TIMEOUT_US)) {
        data[received++] = (uint8_t)bsp_uart_read();
    }
    if (received == bytes) {
        return transfer_check(data, bytes, crc);
    }
    text("e-[Time-out: ");
    text_u64(received);
    text(" of ");
    text_u64(bytes);
    text_line(" bytes]");
    return false;
}

bool transfer_check(const uint8_t *data, uint32_t bytes, uint32_t crc) {
    uint32_t got = crc32(0, data, bytes);
    if (got == crc) {
        return true;
    }
    text("e-[CRC mismatch: expected ");
    text_hex32(crc);
    text(", got ");
    text_hex32(got);
    text_line("]");
    return false;
}
