/**
 * commands: what the console can do. One function a command; each writes its reply, but not the
 * final `m-ready`, and is called with as many words as the table in console.c allows. What commands
 * ask of each other is in headers of their own.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/parse.h"

/** device.c: who the device is. */
void command_name(const parse_words *words);
void command_profile(const parse_words *words);
void command_timestamp(const parse_words *words);
void command_info(const parse_words *words);
void command_memory(const parse_words *words);
void command_reset(const parse_words *words);

/** db.c: the input. */
#ifdef WITHOUT_EXTENSIONS
#define DB_USAGE "load N|HEX|print"
#else
#define DB_USAGE "load N|HEX|print|bin N CRC32"
#endif
void command_db(const parse_words *words);

/** infer.c: inferences. */
void command_infer(const parse_words *words);
void command_results(const parse_words *words);
void command_output(const parse_words *words);
void command_batch(const parse_words *words);

/** selftest_command.c: the built-in images. */
void command_selftest(const parse_words *words);

/** layers.c: what each op of the model gives. */
void command_layers(const parse_words *words);
void command_tensor(const parse_words *words);

/** model.c: which model runs. */
void command_model(const parse_words *words);

/** fault.c: faults on purpose. */
void command_fault(const parse_words *words);

#endif
