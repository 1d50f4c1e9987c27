/**
 * infer: the answer that `results` and `output` print.
 */
#ifndef APP_INFER_H
#define APP_INFER_H

/** Forgets the last output: `results` and `output` are errors until the next `infer`. */
void infer_forget(void);

#endif
