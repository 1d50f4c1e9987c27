/* Built-in images, and whether the model gives the host's outputs for them.
 *
 * The data, little-endian: a header (below); class_count names, each ended by NUL, none where the
 * classes have numbers only; zeros up to a multiple of 4; then image_count records of label (u32;
 * all ones where outputs are no classes), input bytes, the host's output bytes and zeros up to a
 * multiple of 4. The host wrote it, but it is checked as if anybody had. */

#include "app/selftest.h"

#include <stddef.h>
#include <string.h>

#include "app/blobs.h"
#include "app/classifier.h"
#include "app/ends.h"
#include "app/engine.h"
#include "app/text.h"

#define MAGIC 0x54534C46u /* "FLST" */
#define VERSION 1u
#define NO_LABEL 0xFFFFFFFFu

typedef struct {
    uint32_t magic;
    uint32_t version;
    uint32_t image_count;
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint32_t class_count;
} header;

static header head;
static const uint8_t *records;
static const char *data_error;

static uint32_t padded(uint32_t size) {
    return (size + 3u) & ~3u;
}

const char *selftest_labels(void) {
    return (const char *)blob_selftest + sizeof(header);
}

/* The bytes of all names with their NULs, or 0 if they do not end before the data does. */
static uint32_t names_size(uint32_t most) {
    uint32_t size = 0;
    uint32_t ended = 0;
    while (ended < head.class_count && size < most) {
        ended += selftest_labels()[size] == '\0' ? 1u : 0u;
        size++;
    }
    return ended == head.class_count ? size : 0;
}

static uint32_t record_size(void) {
    return padded((uint32_t)sizeof(uint32_t) + head.input_bytes + head.output_bytes);
}

/* Whether records fill the data exactly. First that none is larger than the data, so that its size
 * is a number of 32 bits. */
static bool records_fill(uint32_t size) {
    if (head.image_count == 0) {
        return size == 0;
    }
    return size >= sizeof(uint32_t) && head.input_bytes <= size - sizeof(uint32_t) &&
           head.output_bytes <= size - sizeof(uint32_t) - head.input_bytes &&
           size % record_size() == 0 && size / record_size() == head.image_count;
}

static const char *check(void) {
    uint32_t size = (uint32_t)(blob_selftest_end - blob_selftest);
    if (size < sizeof head) {
        return "data is cut off";
    }
    memcpy(&head, blob_selftest, sizeof head);
    if (head.magic != MAGIC) {
        return "data has another magic number";
    }
    if (head.version != VERSION) {
        return "data has another version";
    }
    uint32_t left = size - (uint32_t)sizeof head;
    uint32_t labels = padded(names_size(left));
    if ((head.class_count > 0 && labels == 0) || labels > left) {
        return "data has bad class names";
    }
    left -= labels;
    if (!records_fill(left)) {
        return "data has another size than its header says";
    }
    records = blob_selftest + size - left;
    return NULL;
}

void selftest_init(void) {
    data_error = check();
}

uint32_t selftest_label_count(void) {
    return data_error == NULL ? head.class_count : 0;
}

static const char *check_model(void) {
    if (head.image_count == 0) {
        return NULL;
    }
    if (head.input_bytes != ends_input_bytes()) {
        return "images have another size than the model's input";
    }
    if (head.output_bytes != ends_output_bytes()) {
        return "outputs have another size than the model's output";
    }
    return NULL;
}

/* How two outputs differ: in how many bytes, and by how much at most. */
typedef struct {
    uint32_t bytes;
    uint32_t most;
} difference;

static void compare(const uint8_t *host, const nn_tensor *output, difference *found) {
    const uint8_t *device = output->data;
    for (uint32_t i = 0; i < output->bytes; i++) {
        int by =
            output->type == NN_INT8 ? (int8_t)device[i] - (int8_t)host[i] : device[i] - host[i];
        uint32_t distance = (uint32_t)(by < 0 ? -by : by);
        found->bytes += distance != 0 ? 1u : 0u;
        found->most = distance > found->most ? distance : found->most;
    }
}

static difference compare_outputs(const uint8_t *host) {
    difference found = {0, 0};
    for (uint32_t i = 0; i < ends_output_count(); i++) {
        nn_tensor output = engine_output(i);
        compare(host, &output, &found);
        host += output.bytes;
    }
    return found;
}

static void print_image(uint32_t index) {
    text("image ");
    text_u64(index);
    text(": ");
}

static void print_class(uint32_t class) {
    if (class >= selftest_label_count()) {
        text_u64(class);
        return;
    }
    const char *name = selftest_labels();
    for (uint32_t skip = 0; skip < class; skip++) {
        name += strlen(name) + 1u;
    }
    text(name);
}

static void print_score(double score) {
    if (classifier_gives_probabilities()) {
        text(", confidence ");
        text_fixed(score * 100.0, 1);
        text_line("%");
    } else {
        text(", score ");
        text_fixed(score, 3);
        text_line("");
    }
}

static void print_prediction(uint32_t index, uint32_t label) {
    uint32_t class = classifier_class();
    print_image(index);
    text("label ");
    print_class(label);
    text(", prediction ");
    print_class(class);
    print_score(classifier_score(class));
}

static void print_difference(uint32_t index, difference found) {
    print_image(index);
    text_u64(found.bytes);
    text(" of ");
    text_u64(head.output_bytes);
    text(" output bytes differ from the host, by ");
    text_u64(found.most);
    text_line(" at most");
}

typedef struct {
    uint32_t equal;
    uint32_t judged;
    uint32_t correct;
} tally;

static void test_image(uint32_t index, tally *sum) {
    const uint8_t *record = records + index * record_size();
    uint32_t label;
    memcpy(&label, record, sizeof label);
    const uint8_t *input = record + sizeof label;
    if (!classifier_run(input)) {
        print_image(index);
        classifier_print_error();
        text_line("");
        return;
    }
    if (label != NO_LABEL) {
        print_prediction(index, label);
        sum->judged++;
        sum->correct += classifier_class() == label ? 1u : 0u;
    }
    difference found = compare_outputs(input + head.input_bytes);
    if (found.bytes > 0) {
        print_difference(index, found);
    }
    sum->equal += found.bytes == 0 ? 1u : 0u;
}

static bool test_images(void) {
    if (head.image_count == 0) {
        text_line("self-test: no images");
        return true;
    }
    tally sum = {0, 0, 0};
    for (uint32_t i = 0; i < head.image_count; i++) {
        test_image(i, &sum);
    }
    text_u64(sum.equal);
    text("/");
    text_u64(head.image_count);
    text(" equal to the host, ");
    text_u64(sum.correct);
    text("/");
    text_u64(sum.judged);
    text_line(" correct");
    return sum.equal == head.image_count;
}

static bool test_all(void) {
    if (!classifier_ready()) {
        classifier_report_error();
        return false;
    }
    const char *problem = data_error != NULL ? data_error : check_model();
    if (problem != NULL) {
        text("e-[selftest: ");
        text(problem);
        text_line("]");
        return false;
    }
    return test_images();
}

bool selftest_run(void) {
    bool passed = test_all();
    text_line(passed ? "~~~ALL TESTS PASSED~~~" : "~~~SOME TESTS FAILED~~~");
    return passed;
}
