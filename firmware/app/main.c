/* The firmware: says who it is, tests itself, then answers the console. */

#include "app/classifier.h"
#include "app/console.h"
#include "app/selftest.h"
#include "app/stopwatch.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

static void print_banner(void) {
    text("\r\ntinyml-hil " BUILD_VERSION " on " BUILD_PLATFORM " (");
    text(bsp_board.core);
    text_line("), model " BUILD_MODEL_NAME);
}

int main(void) {
    bsp_init();
    stopwatch_init();
    print_banner();
    (void)classifier_init();
    selftest_init();
#ifndef WITHOUT_EXTENSIONS
    (void)selftest_run();
#endif
    text_line("m-timestamp-mode-performance");
    text_lap(bsp_time_us());
    text_line("m-init-done");
    text_line("m-ready");
    console_run();
}
