"""What TensorFlow Lite for Microcontrollers with CMSIS-NN takes, by `tinyml-hil engines`.

TFLM 90b983c2b, CMSIS-NN 4ab83cc3, GCC 12.2 for Cortex-M7 as TFLM's Makefile has it (kernels: -O2),
mps2-an500 in QEMU; MLPerf Tiny's own ic01, kws01 and vww01. All give the same outputs as the host.
With -O3 the three take 29,935,310, 7,760,840 and 24,484,200 instructions; of ic01's flash, with
error strings stripped and the ops that it needs alone, 43,900 (-Os) to 61,788 bytes (-O3).
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
        instructions=30_268_162,
        flash=120_340,
        arena=54_996,
        stack=1_276,
        layers=(
            ("CONV_2D", 2_235_653),
            ("CONV_2D", 5_599_572),
            ("CONV_2D", 5_599_572),
            ("ADD", 1_329_527),
            ("CONV_2D", 2_547_668),
            ("CONV_2D", 4_576_504),
            ("CONV_2D", 557_861),
            ("ADD", 670_368),
            ("CONV_2D", 2_197_533),
            ("CONV_2D", 4_170_288),
            ("CONV_2D", 416_693),
            ("ADD", 333_938),
            ("AVERAGE_POOL_2D", 26_924),
            ("RESHAPE", 423),
            ("FULLY_CONNECTED", 2_368),
            ("SOFTMAX", 5_813),
        ),
    ),
    "kws01": Peer(
        instructions=7_656_248,
        flash=125_980,
        arena=22_820,
        stack=1_276,
        layers=(
            ("CONV_2D", 1_147_637),
            ("DEPTHWISE_CONV_2D", 561_674),
            ("CONV_2D", 1_051_562),
            ("DEPTHWISE_CONV_2D", 561_674),
            ("CONV_2D", 1_051_562),
            ("DEPTHWISE_CONV_2D", 561_674),
            ("CONV_2D", 1_051_562),
            ("DEPTHWISE_CONV_2D", 561_674),
            ("CONV_2D", 1_051_562),
            ("AVERAGE_POOL_2D", 51_257),
            ("RESHAPE", 423),
            ("FULLY_CONNECTED", 2_708),
            ("SOFTMAX", 3_336),
        ),
    ),
    "vww01": Peer(
        instructions=24_208_429,
        flash=126_028,
        arena=100_708,
        stack=1_276,
        layers=(
            ("CONV_2D", 3_334_460),
            ("DEPTHWISE_CONV_2D", 1_469_870),
            ("CONV_2D", 1_973_850),
            ("DEPTHWISE_CONV_2D", 701_230),
            ("CONV_2D", 1_155_370),
            ("DEPTHWISE_CONV_2D", 1_352_690),
            ("CONV_2D", 1_567_018),
            ("DEPTHWISE_CONV_2D", 338_910),
            ("CONV_2D", 790_218),
            ("DEPTHWISE_CONV_2D", 654_278),
            ("CONV_2D", 1_206_474),
            ("DEPTHWISE_CONV_2D", 164_188),
            ("CONV_2D", 625_546),
            ("DEPTHWISE_CONV_2D", 311_948),
            ("CONV_2D", 1_060_234),
            ("DEPTHWISE_CONV_2D", 311_948),
            ("CONV_2D", 1_060_234),
            ("DEPTHWISE_CONV_2D", 311_948),
            ("CONV_2D", 1_060_234),
            ("DEPTHWISE_CONV_2D", 311_948),
            ("CONV_2D", 1_060_234),
            ("DEPTHWISE_CONV_2D", 311_948),
            ("CONV_2D", 1_060_234),
            ("DEPTHWISE_CONV_2D", 78_552),
            ("CONV_2D", 626_698),
            ("DEPTHWISE_CONV_2D", 143_384),
            ("CONV_2D", 1_147_914),
            ("AVERAGE_POOL_2D", 17_993),
            ("RESHAPE", 579),
            ("FULLY_CONNECTED", 1_727),
            ("SOFTMAX", 1_543),
        ),
    ),
}
"""By model."""
