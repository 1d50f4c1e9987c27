"""What TensorFlow Lite for Microcontrollers with CMSIS-NN takes, by `python -m bench.engine`.

TFLM 90b983c2b, CMSIS-NN 4ab83cc3, GCC 12.2 for Cortex-M7 as TFLM's Makefile has it (kernels: -O2),
mps2-an500 in QEMU; the models and inputs of engine.py, since what SOFTMAX takes hangs on its input.
All give the same outputs as the host. With -O3 MLPerf Tiny's own ic01, kws01 and vww01 take
29,935,310, 7,760,840 and 24,484,200 instructions; of ic01's flash, with error strings stripped and
the ops that it needs alone, 43,900 (-Os) to 61,788 bytes (-O3).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """What the peer takes for a model; bytes, but for the instructions."""

    instructions: int
    flash: int
    arena: int
    stack: int
    layers: tuple[tuple[str, int], ...]
    """Of each op, by its name in the schema: the instructions."""


ON_RECORD = {
    "ic01": Peer(
        instructions=30_268_358,
        flash=116_404,
        arena=54_996,
        stack=1_276,
        layers=(
            ("CONV_2D", 2_235_655),
            ("CONV_2D", 5_599_584),
            ("CONV_2D", 5_599_584),
            ("ADD", 1_329_539),
            ("CONV_2D", 2_547_680),
            ("CONV_2D", 4_576_516),
            ("CONV_2D", 557_873),
            ("ADD", 670_380),
            ("CONV_2D", 2_197_545),
            ("CONV_2D", 4_170_300),
            ("CONV_2D", 416_705),
            ("ADD", 333_950),
            ("AVERAGE_POOL_2D", 26_936),
            ("RESHAPE", 439),
            ("FULLY_CONNECTED", 2_380),
            ("SOFTMAX", 5_825),
        ),
    ),
    "kws01": Peer(
        instructions=7_659_900,
        flash=122_172,
        arena=22_820,
        stack=1_276,
        layers=(
            ("CONV_2D", 1_147_639),
            ("DEPTHWISE_CONV_2D", 561_686),
            ("CONV_2D", 1_051_574),
            ("DEPTHWISE_CONV_2D", 561_686),
            ("CONV_2D", 1_051_574),
            ("DEPTHWISE_CONV_2D", 561_686),
            ("CONV_2D", 1_051_574),
            ("DEPTHWISE_CONV_2D", 561_686),
            ("CONV_2D", 1_051_574),
            ("AVERAGE_POOL_2D", 51_269),
            ("RESHAPE", 439),
            ("FULLY_CONNECTED", 2_719),
            ("SOFTMAX", 6_841),
        ),
    ),
    "vww01": Peer(
        instructions=24_208_783,
        flash=122_220,
        arena=100_708,
        stack=1_276,
        layers=(
            ("CONV_2D", 3_334_462),
            ("DEPTHWISE_CONV_2D", 1_469_882),
            ("CONV_2D", 1_973_862),
            ("DEPTHWISE_CONV_2D", 701_242),
            ("CONV_2D", 1_155_382),
            ("DEPTHWISE_CONV_2D", 1_352_702),
            ("CONV_2D", 1_567_030),
            ("DEPTHWISE_CONV_2D", 338_922),
            ("CONV_2D", 790_230),
            ("DEPTHWISE_CONV_2D", 654_290),
            ("CONV_2D", 1_206_486),
            ("DEPTHWISE_CONV_2D", 164_200),
            ("CONV_2D", 625_558),
            ("DEPTHWISE_CONV_2D", 311_960),
            ("CONV_2D", 1_060_246),
            ("DEPTHWISE_CONV_2D", 311_960),
            ("CONV_2D", 1_060_246),
            ("DEPTHWISE_CONV_2D", 311_960),
            ("CONV_2D", 1_060_246),
            ("DEPTHWISE_CONV_2D", 311_960),
            ("CONV_2D", 1_060_246),
            ("DEPTHWISE_CONV_2D", 311_960),
            ("CONV_2D", 1_060_246),
            ("DEPTHWISE_CONV_2D", 78_564),
            ("CONV_2D", 626_710),
            ("DEPTHWISE_CONV_2D", 143_396),
            ("CONV_2D", 1_147_926),
            ("AVERAGE_POOL_2D", 18_005),
            ("RESHAPE", 595),
            ("FULLY_CONNECTED", 1_739),
            ("SOFTMAX", 1_533),
        ),
    ),
}
"""By model."""
