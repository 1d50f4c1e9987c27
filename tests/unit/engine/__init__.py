"""The inference engine, built for the host and held against LiteRT's reference kernels."""
