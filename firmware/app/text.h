/**
 * text: writes text and numbers to the UART. A formatter of its own, because printf would cost more
 * flash than the rest of the application.
 */
#ifndef APP_TEXT_H
#define APP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Writes a string, and one followed by the end of the line. */
void text(const char *string);
void text_line(const char *string);

/**
 * From here on each line ends with '#' and the CRC-32 of the command, without a '#' of its own, and
 * of all that was written since, but for ends of lines. An empty one: no longer.
 */
void text_check(const char *command);

/** Writes an error line of the serial protocol: `e-[message]`. */
void text_error(const char *message);

/** Writes the serial protocol's line for a time: `m-lap-us-N`. */
void text_lap(uint64_t microseconds);

/** Writes a string as a JSON string, quotes included; '?' for what is not printable ASCII. */
void text_json(const char *string);

/** Writes a number in decimal. */
void text_u64(uint64_t value);
void text_i32(int32_t value);

/** Writes eight hexadecimal digits, without 0x. */
void text_hex32(uint32_t value);

/** Writes two hexadecimal digits a byte. */
void text_hex(const uint8_t *data, size_t size);

/** Writes value with so many decimals (at most 6), rounded as printf does: ties to even. */
void text_fixed(double value, uint32_t decimals);

/** Writes nine significant digits, e.g. 3.92156886e-03: enough to read the same float back. */
void text_float(float value);

#endif
