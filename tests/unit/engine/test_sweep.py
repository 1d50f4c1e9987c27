"""A slice of `make sweep`: random models of one op, or of a few."""

from tests.sweep import on_host, problems, sample_of

from .conftest import BOTH_KERNELS
from .runner import Engine

pytestmark = BOTH_KERNELS
MODELS = 150


def test_random_models_give_the_bits_of_litert(engine: Engine) -> None:
    runners = {"host": on_host(engine)}
    samples = map(sample_of, range(MODELS))
    assert [problem for sample in samples for problem in problems(sample, runners)] == []
