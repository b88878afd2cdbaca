"""Networks whose weights come in packages of others, drawn as graphs for ONNX Runtime."""

import ctypes
import sys
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

_OPSET, _IR = 18, 9
MICROSOFT = "com.microsoft"
"""Operators of ONNX Runtime beside those of the standard
(https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md)."""


class Drawing:
    """Nodes and constants as they come; every method takes and answers names of values."""

    def __init__(self) -> None:
        self._number = count()
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def op(self, kind: str, *values: str, **how: Any) -> str:
        """Draw one operator with one result; an empty name is an input that is left out."""
        return self.split(kind, 1, *values, **how)[0]

    def split(self, kind: str, results: int, *values: str, **how: Any) -> list[str]:
        """Draw one operator with several results."""
        names = [f"v{next(self._number)}" for _ in range(results)]
        self.nodes.append(helper.make_node(kind, values, names, **how))
        return names

    def constant(self, value: npt.NDArray[np.generic]) -> str:
        """Weights, or any other array that is the same for all inputs."""
        name = f"c{next(self._number)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def shape(self, *numbers: int) -> str:
        """A few whole numbers: a shape, or axes."""
        return self.constant(np.array(numbers, np.int64))

    def model(
        self, name: str, takes: Sequence[ValueInfoProto], result: str, gives: ValueInfoProto
    ) -> ModelProto:
        """The finished graph, whose value ``result`` is handed out as ``gives``."""
        self.nodes.append(helper.make_node("Identity", [result], [gives.name]))
        body = helper.make_graph(self.nodes, name, takes, [gives], self.constants)
        sets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(body, opset_imports=sets)
        model.ir_version = _IR
        return model


def floats(name: str, *shape: int | str) -> ValueInfoProto:
    """An input or output of 32-bit floats; a named dimension has any size."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def integers(name: str, *shape: int | str, short: bool = False) -> ValueInfoProto:
    """An input or output of whole numbers of 64 bits, or of 32."""
    return helper.make_tensor_value_info(name, TensorProto.INT32 if short else TensorProto.INT64, shape)


def session(model: ModelProto, threads: int) -> Any:
    """The graph, ready to run on the CPU with so many threads.

    What loading took and freed goes back to the system: glibc would keep 180 MB of it for a model of 85.
    """
    import onnxruntime

    runtime: Any = onnxruntime  # ships no complete types
    options: Any = runtime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # it only costs CPU
    options.intra_op_num_threads = threads
    weights = model.SerializeToString()
    ready: Any = runtime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None:
        trim(0)
    return ready
