/* TFLite_Detection_PostProcess of tflite's kernels/detection_postprocess.cc. */
#include "kernels/detection.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What lies in the scratch memory. */
typedef struct {
    nn_detection_box *boxes;
    float *scores;      /* of all boxes and columns, if they are quantized */
    float *best;        /* of each box */
    int32_t *order;     /* boxes, by their scores */
    int32_t *merged;    /* the same, while it is sorted */
    int32_t *selected;  /* boxes */
    int32_t *found;     /* detections of classes: the places of their scores */
    float *found_score; /* their scores */
    int32_t *rank;      /* of these, or of classes, by their scores */
    float *ranked;      /* scores, while they are ordered */
    uint8_t *active;    /* whether a box is not suppressed yet */
} room;

/* How many detections are ranked at once, at most. */
static int64_t most_found(const nn_detection_params *p) {
    return (int64_t)p->boxes + p->places;
}

static int64_t most_ranked(const nn_detection_params *p) {
    return most_found(p) > p->columns ? most_found(p) : p->columns;
}

uint64_t nn_detection_scratch_size(const nn_detection_params *params) {
    const nn_detection_params *p = params;
    int64_t of_boxes = (int64_t)p->boxes * (int64_t)(sizeof(nn_detection_box) / 4 + 5);
    int64_t numbers =
        of_boxes + (int64_t)p->boxes * p->columns + 2 * most_found(p) + most_ranked(p) + p->places;
    return 4 * (uint64_t)numbers;
}

/* Takes so many numbers of four bytes. */
static void *take(uint8_t **rest, int64_t count) {
    void *taken = *rest;
    *rest += 4 * count;
    return taken;
}

static room lay_out(const nn_detection_params *p, uint8_t *rest) {
    room r;
    r.boxes = take(&rest, 4 * (int64_t)p->boxes);
    r.scores = take(&rest, (int64_t)p->boxes * p->columns);
    r.best = take(&rest, p->boxes);
    r.order = take(&rest, p->boxes);
    r.merged = take(&rest, p->boxes);
    r.selected = take(&rest, p->boxes);
    r.found = take(&rest, most_found(p));
    r.found_score = take(&rest, most_found(p));
    r.rank = take(&rest, most_ranked(p));
    r.ranked = take(&rest, p->places);
    r.active = take(&rest, p->boxes);
    return r;
}

/* ---- Boxes ---- */

static float number(const nn_detection_quantization *q, const void *data, int32_t i) {
    if (q->scale == 0.0f) {
        return ((const float *)data)[i];
    }
    return ((float)((const uint8_t *)data)[i] - q->zero_point) * q->scale;
}

static double given(const nn_detection_params *p, const void *boxes, int32_t box, int32_t side) {
    double value = (double)number(&p->given, boxes, box * p->stride + side);
    return value / (double)p->scales.side[side];
}

static void decode(const nn_detection_params *p, const void *boxes, const void *anchors,
                   nn_detection_box *decoded) {
    for (int32_t box = 0; box < p->boxes; box++) {
        for (int32_t side = 0; side < 2; side++) {
            double middle = (double)number(&p->anchored, anchors, 4 * box + side);
            double length = (double)number(&p->anchored, anchors, 4 * box + side + 2);
            float center = (float)(given(p, boxes, box, side) * length + middle);
            float half = (float)(0.5 * exp(given(p, boxes, box, side + 2)) * length);
            decoded[box].side[side] = center - half;
            decoded[box].side[side + 2] = center + half;
        }
    }
}

static float larger(float a, float b) {
    return a < b ? b : a;
}

static float smaller(float a, float b) {
    return b < a ? b : a;
}

static float area_of(const nn_detection_box *box) {
    return (box->side[2] - box->side[0]) * (box->side[3] - box->side[1]);
}

/* Intersection over union. */
static float overlap(const nn_detection_box *a, const nn_detection_box *b) {
    float area_a = area_of(a);
    float area_b = area_of(b);
    if (area_a <= 0.0f || area_b <= 0.0f) {
        return 0.0f;
    }
    float height = smaller(a->side[2], b->side[2]) - larger(a->side[0], b->side[0]);
    float width = smaller(a->side[3], b->side[3]) - larger(a->side[1], b->side[1]);
    float both = larger(height, 0.0f) * larger(width, 0.0f);
    return both / (area_a + area_b - both);
}

/* ---- Order: indices by falling values ---- */

/* Keeps the order of equal ones: merges runs of 1, 2, 4, ... */
static void sort_stably(const float *values, int32_t stride, int32_t count, room *r) {
    for (int32_t run = 1; run < count; run *= 2) {
        for (int32_t start = 0; start < count; start += 2 * run) {
            int32_t middle = start + run < count ? start + run : count;
            int32_t end = middle + run < count ? middle + run : count;
            int32_t left = start;
            int32_t right = middle;
            for (int32_t i = start; i < end; i++) {
                bool takes_right = left == middle;
                if (left < middle && right < end) {
                    takes_right =
                        values[r->order[right] * stride] > values[r->order[left] * stride];
                }
                r->merged[i] = r->order[takes_right ? right++ : left++];
            }
        }
        memcpy(r->order, r->merged, (uint32_t)count * sizeof *r->order);
    }
}

/* The highest `most` of the values; of equal ones the first. */
static void rank_highest(const float *values, int32_t count, int32_t most, int32_t *rank) {
    for (int32_t i = 0; i < count; i++) {
        int32_t place = i < most ? i : most;
        while (place > 0 && values[i] > values[rank[place - 1]]) {
            place--;
        }
        for (int32_t last = i < most ? i : most - 1; last > place; last--) {
            rank[last] = rank[last - 1];
        }
        if (place < most) {
            rank[place] = i;
        }
    }
}

/* Moves a hole in a heap, whose first has the lowest value, down to a leaf, and an index up to its
 * place from there. */
static void adjust_heap(const float *values, int32_t *heap, int32_t hole, int32_t count,
                        int32_t index) {
    int32_t top = hole;
    int32_t child = hole;
    while (child < (count - 1) / 2) {
        child = 2 * (child + 1);
        child -= values[heap[child]] > values[heap[child - 1]] ? 1 : 0;
        heap[hole] = heap[child];
        hole = child;
    }
    if (count % 2 == 0 && child == (count - 2) / 2) {
        child = 2 * child + 1;
        heap[hole] = heap[child];
        hole = child;
    }
    while (hole > top && values[heap[(hole - 1) / 2]] > values[index]) {
        heap[hole] = heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap[hole] = index;
}

/* The same, but of equal ones another may come first: as std::partial_sort of GNU's libstdc++
 * leaves them. What follows in `rank` is any order of the others. */
static void rank_highest_as_gnu(const float *values, int32_t count, int32_t most, int32_t *rank) {
    for (int32_t i = 0; i < count; i++) {
        rank[i] = i;
    }
    for (int32_t parent = most / 2 - 1; parent >= 0; parent--) {
        adjust_heap(values, rank, parent, most, rank[parent]);
    }
    for (int32_t i = most; i < count; i++) {
        if (values[rank[i]] > values[rank[0]]) {
            int32_t index = rank[i];
            rank[i] = rank[0];
            adjust_heap(values, rank, 0, most, index);
        }
    }
    for (int32_t last = most - 1; last > 0; last--) {
        int32_t index = rank[last];
        rank[last] = rank[0];
        adjust_heap(values, rank, 0, last, index);
    }
}

/* ---- Suppression ---- */

/* Selects boxes by their scores, `stride` apart; returns how many. */
static int32_t suppress(const nn_detection_params *p, const float *scores, int32_t stride,
                        int32_t most, room *r) {
    int32_t kept = 0;
    for (int32_t box = 0; box < p->boxes; box++) {
        if (scores[box * stride] >= p->least_score) {
            r->active[kept] = 1;
            r->order[kept++] = box;
        }
    }
    sort_stably(scores, stride, kept, r);
    int32_t count = 0;
    for (int32_t i = 0; i < kept && count < most; i++) {
        if (r->active[i] == 0) {
            continue;
        }
        r->selected[count++] = r->order[i];
        for (int32_t j = i + 1; j < kept; j++) {
            float shared = overlap(&r->boxes[r->order[i]], &r->boxes[r->order[j]]);
            r->active[j] = shared > p->most_overlap ? 0 : r->active[j];
        }
    }
    return count;
}

static void detect(const nn_detections *output, int32_t place, const nn_detection_box *box,
                   int32_t kind, float score) {
    output->boxes[place] = *box;
    output->classes[place] = (float)kind;
    output->scores[place] = score;
}

/* Each box by its best score, then told with its best classes. */
static int32_t detect_boxes(const nn_detection_params *p, const float *scores, room *r,
                            const nn_detections *output) {
    int32_t most = p->most_of_box < p->classes ? p->most_of_box : p->classes;
    for (int32_t box = 0; box < p->boxes; box++) {
        r->best[box] = scores[box * p->columns];
        for (int32_t i = 1; i < p->classes; i++) {
            r->best[box] = larger(r->best[box], scores[box * p->columns + i]);
        }
    }
    int32_t count = suppress(p, r->best, 1, p->most, r);
    for (int32_t i = 0; i < count; i++) {
        const float *own = scores + r->selected[i] * p->columns;
        if (most == 1) {
            rank_highest(own, p->classes, most, r->rank);
        } else {
            rank_highest_as_gnu(own, p->classes, most, r->rank);
        }
        for (int32_t j = 0; j < most; j++) {
            const nn_detection_box *box = &r->boxes[r->selected[i]];
            detect(output, p->most_of_box * i + j, box, r->rank[j], own[r->rank[j]]);
        }
    }
    return count;
}

/* Leaves the best that were found, in order; returns how many. */
static int32_t keep_best(const nn_detection_params *p, int32_t count, room *r) {
    int32_t most = count < p->most ? count : p->most;
    rank_highest(r->found_score, count, most, r->rank);
    for (int32_t i = 0; i < most; i++) {
        int32_t from = r->rank[i];
        r->rank[i] = r->found[from];
        r->ranked[i] = r->found_score[from];
    }
    memcpy(r->found, r->rank, (uint32_t)most * sizeof *r->found);
    memcpy(r->found_score, r->ranked, (uint32_t)most * sizeof *r->found_score);
    return most;
}

/* Each class for itself, and of all of these the best. */
static int32_t detect_classes(const nn_detection_params *p, const float *scores, room *r,
                              const nn_detections *output) {
    int32_t count = 0;
    for (int32_t kind = 0; kind < p->classes; kind++) {
        int32_t selected = suppress(p, scores + kind, p->columns, p->most_of_class, r);
        for (int32_t i = 0; i < selected; i++) {
            int32_t place = r->selected[i] * p->columns + kind;
            r->found[count] = place;
            r->found_score[count++] = scores[place];
        }
        count = keep_best(p, count, r);
    }
    for (int32_t i = 0; i < count; i++) {
        const nn_detection_box *box = &r->boxes[r->found[i] / p->columns];
        detect(output, i, box, r->found[i] % p->columns, r->found_score[i]);
    }
    return count;
}

void nn_detect(const nn_detection_params *params, const void *boxes, const void *scores,
               const void *anchors, void *scratch, const nn_detections *output) {
    const nn_detection_params *p = params;
    room r = lay_out(p, scratch);
    decode(p, boxes, anchors, r.boxes);
    const float *real = scores;
    if (p->scored.scale != 0.0f) {
        for (int32_t i = 0; i < p->boxes * p->columns; i++) {
            r.scores[i] = number(&p->scored, scores, i);
        }
        real = r.scores;
    }
    memset(output->boxes, 0, (uint32_t)p->places * sizeof *output->boxes);
    memset(output->classes, 0, (uint32_t)p->places * sizeof *output->classes);
    memset(output->scores, 0, (uint32_t)p->places * sizeof *output->scores);
    real += p->columns - p->classes; /* the first may be that of the background */
    output->count[0] = (float)(p->are_told_apart ? detect_classes(p, real, &r, output)
                                                 : detect_boxes(p, real, &r, output));
}
