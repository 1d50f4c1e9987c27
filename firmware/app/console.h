/**
 * console: the serial protocol, see docs/protocol.md.
 */
#ifndef APP_CONSOLE_H
#define APP_CONSOLE_H

/** Answers commands for ever. */
_Noreturn void console_run(void);

#endif
