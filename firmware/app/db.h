/**
 * db: the input that the console loads.
 */
#ifndef APP_DB_H
#define APP_DB_H

#include <stdint.h>

/** The input that was loaded with `db`; NULL, and an error line, if none is complete. */
const uint8_t *db_input(void);

/** Forgets it. */
void db_forget(void);

#endif
