/* Variables by name, as VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE use them.
 *
 * A handle, the output of VAR_HANDLE, lies where the variable of its name does. What a variable
 * holds at first is a constant that another graph assigns to it, the one that CALL_ONCE names. */
#ifndef NN_VARIABLES_H
#define NN_VARIABLES_H

#include "op.h"

/** The most handles of a graph, and ops of one that CALL_ONCE names: they bound the time that a bad
 * model takes. */
enum { NN_MOST_HANDLES = 128, NN_MOST_INITIAL_OPS = 1024 };

/** What VAR_HANDLE keeps. */
typedef struct {
    uint32_t bytes;   /**< of the variable */
    uint32_t initial; /**< where they are in the model, or NN_NOWHERE: then they are 0 */
} nn_handle_params;

/** Opens another graph of a model. False if there is none, or it has more ops than it may. */
bool nn_open_initial(const nn_model *model, int32_t graph, nn_model *initial);

/** Whether two ops, of models of the same file, are VAR_HANDLEs of one name. */
bool nn_same_variable(const nn_model *model, const nn_model_operator *a,
                      const nn_model_operator *b);

/** Of READ_VARIABLE or ASSIGN_VARIABLE, its handle and the value that goes out or in; false of
 * another op, or of one without them. */
bool nn_variable_access(const nn_model *model, const nn_model_operator *op, int32_t *handle,
                        int32_t *value);

#endif
