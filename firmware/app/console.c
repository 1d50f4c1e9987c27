/* The serial protocol: bytes to lines, lines to commands. */

#include "app/console.h"

#include <stdbool.h>
#include <string.h>

#include "app/classifier.h"
#include "app/commands.h"
#include "app/parse.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

/* As in the MLPerf Tiny firmware, whose runner relies on it. */
#define MAX_LINE 80u

typedef struct {
    const char *name;
    const char *usage; /* its arguments */
    const char *help;
    uint32_t least_words; /* the name included */
    uint32_t most_words;
    bool needs_model;
    void (*run)(const parse_words *words);
} command;

static void command_help(const parse_words *words);

#ifdef WITHOUT_EXTENSIONS
#define HELP_HELP "this list"
#else
#define HELP_HELP "this list; COMMAND#: with CRC32s"
#endif

static const command commands[] = {
    {"name", "", "the device's name", 1, 1, false, command_name},
    {"profile", "", "the protocol's version and the model's name", 1, 1, false, command_profile},
    {"timestamp", "", "microseconds since the start", 1, 1, false, command_timestamp},
    {"help", "", HELP_HELP, 1, 1, false, command_help},
    {"db", DB_USAGE, "load the input, or print it", 2, 4, true, command_db},
    {"infer", "[N=1 [W=0]]", "run N inferences after W", 1, 3, true, command_infer},
    {"results", "", "the last output, dequantized", 1, 1, true, command_results},
#ifndef WITHOUT_EXTENSIONS
    {"output", "", "the last output's bytes, and its ticks", 1, 1, true, command_output},
    {"layers", "", "each op's output CRC32 and ticks", 1, 1, true, command_layers},
    {"tensor", "I", "the output of op I, as bytes", 2, 2, true, command_tensor},
    {"batch", "ADDR COUNT", "classify inputs in memory", 3, 3, true, command_batch},
#if BUILD_WITH_MODEL_LOAD
    {"model", "builtin|load N CRC32 [ADDR]", "run another model", 2, 5, false, command_model},
#endif
    {"selftest", "", "classify the built-in images", 1, 1, false, command_selftest},
    {"info", "", "firmware and model as JSON", 1, 1, false, command_info},
    {"memory", "", "arena and stack as JSON", 1, 1, false, command_memory},
    {"fault", "udf|bus|div", "fault on purpose", 2, 2, false, command_fault},
    {"reset", "", "restart", 1, 1, false, command_reset},
#endif
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_usage(const command *known) {
    text(known->name);
    text(known->usage[0] != '\0' ? " " : "");
    text(known->usage);
}

static void command_help(const parse_words *words) {
    (void)words;
    for (uint32_t i = 0; i < COMMAND_COUNT; i++) {
        print_usage(&commands[i]);
        text(": ");
        text_line(commands[i].help);
    }
}

static const command *find(const char *name) {
    for (uint32_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static void report_unknown(const char *name) {
    text("e-[Unknown command: ");
    text(name);
    text_line("]");
}

static void report_usage(const command *known) {
    text("e-[Usage: ");
    print_usage(known);
    text_line("]");
}

static void run_command(const parse_words *words) {
    const command *known = find(words->word[0]);
    if (known == NULL) {
        report_unknown(words->word[0]);
    } else if (words->count < known->least_words || words->count > known->most_words) {
        report_usage(known);
    } else if (known->needs_model && !classifier_ready()) {
        classifier_report_error();
    } else {
        known->run(words);
    }
}

typedef struct {
    char text[MAX_LINE + 1u];
    uint32_t length; /* may exceed MAX_LINE: the line is too long then */
} line;

/* A '#' at the end of a command is the wish to know whether the reply came as it was sent. */
static void take_check(line *received) {
#ifdef WITHOUT_EXTENSIONS
    (void)received;
#else
    if (received->length > 0 && received->text[received->length - 1u] == '#') {
        received->text[--received->length] = '\0';
        text_check(received->text);
    }
#endif
}

static void run_line(line *received) {
    if (bsp_uart_overrun()) {
        text_error("Input lost");
    } else if (received->length > MAX_LINE) {
        text_error("Line too long");
    } else {
        received->text[received->length] = '\0';
        take_check(received);
        parse_words words = parse_split(received->text);
        if (words.count == 0) {
            text_error("Empty command");
        } else {
            run_command(&words);
        }
    }
    text_line("m-ready");
#ifndef WITHOUT_EXTENSIONS
    text_check("");
#endif
}

/* What is not printable cannot be part of a command; it becomes '?', so errors can quote it. */
static void take(line *received, char c) {
    bool line_end = c == '\r' || c == '\n';
    if (c == '%') {
        run_line(received);
        received->length = 0;
    } else if (received->length >= MAX_LINE) {
        received->length = MAX_LINE + 1u;
    } else if (!line_end || received->length > 0) {
        received->text[received->length++] = c >= ' ' && c <= '~' ? c : '?';
    }
}

_Noreturn void console_run(void) {
    static line received;
    for (;;) {
        int byte = bsp_uart_read();
        if (byte < 0) {
            bsp_idle();
        } else {
            take(&received, (char)byte);
        }
    }
}
