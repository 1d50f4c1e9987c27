from .by_ops import may_run_by_ops as may_run_by_ops, stand_ins as stand_ins
from .custom_op import HostEngine as HostEngine
from .decision import class_of as class_of, class_scores as class_scores
from .flatbuffer import (
    Constant as Constant,
    array_of as array_of,
    bits_of as bits_of,
    constants_of as constants_of,
    numbers_of as numbers_of,
    pack as pack,
    unpack as unpack,
)
from .graph import (
    Graph as Graph,
    Node as Node,
    Tensor as Tensor,
    graph_of as graph_of,
    op_name as op_name,
    read_graph as read_graph,
)
from .host_layers import HostLayers as HostLayers
from .kernels import KERNELS as KERNELS, load_kernels as load_kernels
from .loading import load_reference as load_reference, refusal_of as refusal_of
from .model import Model as Model, load_model as load_model
from .op_by_op import OpByOp as OpByOp
from .preprocessing import Preprocessing as Preprocessing
from .reference import REFERENCES as REFERENCES, Reference as Reference
from .reference_process import ReferenceProcess as ReferenceProcess, result_of as result_of
from .tensor_spec import TensorSpec as TensorSpec, times as times
from .tensors import (
    apart as apart,
    batch_of as batch_of,
    joined as joined,
    rows_of as rows_of,
    value_in as value_in,
)
