from .decision import class_of as class_of, class_scores as class_scores
from .graph import Graph as Graph, Node as Node, op_name as op_name, read_graph as read_graph
from .host_layers import HostLayers as HostLayers
from .kernels import KERNELS as KERNELS, load_kernels as load_kernels
from .model import Model as Model, load_model as load_model
from .preprocessing import Preprocessing as Preprocessing
from .reference import (
    REFERENCES as REFERENCES,
    Reference as Reference,
    load_reference as load_reference,
)
from .reference_process import ReferenceProcess as ReferenceProcess, result_of as result_of
from .tensor_spec import TensorSpec as TensorSpec
