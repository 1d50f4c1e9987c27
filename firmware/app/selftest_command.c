/* The command `selftest`. It stands apart from the test, which the start runs before there is a
 * console. */

#include "app/commands.h"
#include "app/infer.h"
#include "app/model.h"
#include "app/selftest.h"
#include "app/text.h"

void command_selftest(const parse_words *words) {
    (void)words;
    infer_forget();
    if (model_is_built_in()) {
        (void)selftest_run();
    } else {
        text_error("The self-test is the built-in model's");
    }
}
