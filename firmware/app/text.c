/* Writes text and numbers to the UART. */

#include "app/text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "app/crc32.h"
#include "bsp/bsp.h"
#include "bsp/divide.h"

#define MAX_DECIMAL_DIGITS 20u

static const char hex_digits[] = "0123456789abcdef";

#ifdef WITHOUT_EXTENSIONS
static void put(const char *data, size_t size) {
    bsp_uart_write(data, size);
}

static void put_check(void) {
}
#else
static bool checked;
static uint32_t check; /* of the command, and of what was written since but for ends of lines */

void text_check(const char *command) {
    checked = command[0] != '\0';
    check = crc32(0, (const uint8_t *)command, strlen(command));
}

static void put(const char *data, size_t size) {
    check = crc32(check, (const uint8_t *)data, size);
    bsp_uart_write(data, size);
}

static void put_check(void) {
    if (checked) {
        text("#");
        text_hex32(check);
    }
}
#endif

void text(const char *string) {
    put(string, strlen(string));
}

void text_line(const char *string) {
    text(string);
    put_check();
    bsp_uart_write("\r\n", 2);
}

void text_error(const char *message) {
    text("e-[");
    text(message);
    text_line("]");
}

void text_json(const char *string) {
    text("\"");
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\') {
            text("\\");
        }
        char c = *string >= ' ' && *string <= '~' ? *string : '?';
        put(&c, 1);
    }
    text("\"");
}

/* Writes value / 10^decimals. */
static void put_decimal(uint64_t value, uint32_t decimals) {
    char digits[MAX_DECIMAL_DIGITS + 1u];
    uint32_t first = sizeof digits;
    for (uint32_t written = 0; written <= decimals || value != 0; written++) {
        if (written == decimals && decimals > 0) {
            digits[--first] = '.';
        }
        uint32_t digit;
        value = divide_u64(value, 10, &digit);
        digits[--first] = (char)('0' + digit);
    }
    put(&digits[first], sizeof digits - first);
}

void text_u64(uint64_t value) {
    put_decimal(value, 0);
}

void text_lap(uint64_t microseconds) {
    text("m-lap-us-");
    text_u64(microseconds);
    text_line("");
}

void text_i32(int32_t value) {
    if (value < 0) {
        text("-");
    }
    put_decimal(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 0);
}

void text_hex32(uint32_t value) {
    uint32_t first_byte_first = __builtin_bswap32(value);
    text_hex((const uint8_t *)&first_byte_first, sizeof first_byte_first);
}

void text_hex(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const char digits[] = {hex_digits[data[i] >> 4], hex_digits[data[i] & 15u]};
        put(digits, sizeof digits);
    }
}

/* Of what is at least 0, and less than 2^63. The halves are converted one by one: for both at once
 * there is a function of the compiler's library, which is larger. */
static uint64_t round_to_even(double value) {
    const double half = 4294967296.0;
    uint32_t high = (uint32_t)(value / half);
    uint64_t whole = (uint64_t)high << 32 | (uint32_t)(value - high * half);
    double rest = value - trunc(value);
    bool up = rest > 0.5 || (rest == 0.5 && (whole & 1u) != 0);
    return up ? whole + 1u : whole;
}

void text_fixed(double value, uint32_t decimals) {
    uint32_t power = 1;
    for (uint32_t i = 0; i < decimals; i++) {
        power *= 10u;
    }
    if (value < 0) {
        text("-");
        value = -value;
    }
    if (!(value < 1e12)) {
        text(value >= 1e12 ? "inf" : "nan");
        return;
    }
    put_decimal(round_to_even(value * power), decimals);
}

/* Nine digits are the value times a power of ten, rounded. The power is built in double, whose
 * error is a millionth of the ninth digit's unit: a float needs 9 digits, not their last half. */
void text_float(float value) {
    double mantissa = (double)value;
    if (mantissa < 0) {
        text("-");
        mantissa = -mantissa;
    }
    int32_t exponent = 0;
    for (uint32_t i = 0; i < 50u && mantissa != 0 && mantissa < 1.0; i++) {
        mantissa *= 10.0;
        exponent--;
    }
    for (uint32_t i = 0; i < 50u && mantissa >= 10.0; i++) {
        mantissa /= 10.0;
        exponent++;
    }
    uint64_t digits = round_to_even(mantissa * 1e8);
    if (digits == 1000000000u) {
        digits /= 10u;
        exponent++;
    }
    put_decimal(digits, 8);
    text("e");
    text_i32(exponent);
}
