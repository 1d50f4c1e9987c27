/**
 * mailbox: the console in RAM, for boards without a serial port; docs/protocol.md describes it.
 *
 * A debugger on the host reads what is sent and writes what is received.
 */
#ifndef BSP_MAILBOX_H
#define BSP_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "bsp/ring.h"

#define MAILBOX_MAGIC 0x424d4854u /* "THMB" */
#define MAILBOX_VERSION 1u

typedef struct {
    uint32_t magic;
    uint32_t version;
    uint32_t length;            /* of the whole, in bytes */
    volatile uint32_t attended; /* the host writes 1: from then on nothing sent is dropped */
    ring sent;                  /* the host is its reader */
    ring received;              /* the host is its writer */
    uint32_t crc;               /* CRC-32 of all before, right whenever the host may look */
} mailbox;

/* The harness finds it and bsp_mailbox_attend() by their names. */
extern mailbox bsp_mailbox;

/** Gives the host its turn: there is something to read, or nothing left to do. */
void mailbox_await_host(void);

/** Where a debugger stops the core. */
void bsp_mailbox_attend(void);

/** Stops the board's time, and lets it go on: implemented by a board whose timer runs while the
 * core is stopped. */
void board_stop_time(bool stop);

#endif
