/* Detections: boxes decoded by anchors, of which those that overlap better ones are suppressed. */
#ifndef NN_KERNELS_DETECTION_H
#define NN_KERNELS_DETECTION_H

#include <stdint.h>

/** How numbers are stored: as they are or, if `scale` is not 0, in uint8. */
typedef struct {
    float scale;
    float zero_point;
} nn_detection_quantization;

/** y, x, height, width; or top, left, bottom, right. */
typedef struct {
    float side[4];
} nn_detection_box;

typedef struct {
    int32_t boxes;          /**< of one anchor each */
    int32_t stride;         /**< numbers of a box that are given; the first four count */
    int32_t columns;        /**< scores of a box */
    int32_t classes;        /**< of these the last, so many */
    int32_t places;         /**< for detections in each output */
    int32_t most;           /**< detections, or boxes if each may be several */
    int32_t most_of_box;    /**< classes of a box, unless classes are told apart */
    int32_t most_of_class;  /**< detections of a class, if they are */
    int32_t are_told_apart; /**< whether boxes of one class suppress none of another */
    float least_score;
    float most_overlap; /**< intersection over union */
    nn_detection_box scales;
    nn_detection_quantization given; /**< of the boxes; so, too, the scores and the anchors */
    nn_detection_quantization scored;
    nn_detection_quantization anchored;
} nn_detection_params;

typedef struct {
    nn_detection_box *boxes;
    float *classes;
    float *scores;
    float *count;
} nn_detections;

/** Bytes of scratch memory: of the params it sees boxes, columns and places alone. */
uint64_t nn_detection_scratch_size(const nn_detection_params *params);

/** What is not detected is 0. */
void nn_detect(const nn_detection_params *params, const void *boxes, const void *scores,
               const void *anchors, void *scratch, const nn_detections *output);

#endif
