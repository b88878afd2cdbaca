"""The network as a graph for ONNX Runtime: twelve layers of a BERT encoder, from token vectors on.

Source: Devlin et al., "BERT", NAACL 2019, and Vaswani et al., "Attention Is All You Need", 2017. The weights
are widened to 32-bit floats: on processors without instructions for whole numbers of 8 bits this is quicker
than any arithmetic on fewer bits, and nothing is rounded a second time.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto

from calltrace.kit.networks import MICROSOFT, Drawing, floats, integers
from calltrace.meaning.e5.packed import Packed, numbers, scales


def graph(packed: Packed) -> ModelProto:
    """``tokens``, those of several texts one after the other, to ``heard``: ``(tokens, width)`` both.

    Only attention needs texts apart. ``rows``, ``(n, length)``, says which token stands where in which text;
    ``told``, of the same shape, is 1 for those and 0 for what fills a row up; ``back``, ``(tokens,)``, says
    where in ``rows`` each token stands, counted through.
    """
    drawing, width = _Encoder(packed), packed.sizes.width
    shape = "n", "length"
    takes = [
        floats("tokens", "tokens", width), integers("rows", *shape), integers("told", *shape, short=True),
        integers("back", "tokens"),
    ]  # fmt: skip
    return drawing.model("e5", takes, drawing.network("tokens"), floats("heard", "tokens", width))


class _Encoder(Drawing):
    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self._packed = packed
        self._sizes = packed.sizes

    def network(self, tokens: str) -> str:
        epsilon = self._sizes.epsilon
        x = self.op("LayerNormalization", tokens, *self._norm("emb.ln"), axis=-1, epsilon=epsilon)
        for layer in range(self._sizes.layers):
            x = self._add_and_norm(x, self._attention(x, f"l{layer}"), f"l{layer}.aln")
            x = self._add_and_norm(x, self._inner(x, f"l{layer}"), f"l{layer}.oln")
        return x

    def _attention(self, x: str, layer: str) -> str:
        width, heads = self._sizes.width, self._sizes.heads
        three = self._line(x, [f"{layer}.{name}" for name in "qkv"], width, width)
        apart = self.op("Gather", three, "rows", axis=0)
        q, k, v = self.split("Split", 3, apart, self.shape(width, width, width), axis=-1)
        heard = self.op("MultiHeadAttention", q, k, v, "", "told", domain=MICROSOFT, num_heads=heads)
        together = self.op("Gather", self.op("Reshape", heard, self.shape(-1, width)), "back", axis=0)
        return self._line(together, [f"{layer}.ao"], width, width)

    def _inner(self, x: str, layer: str) -> str:
        width, inner = self._sizes.width, self._sizes.inner
        y = self.op("Gelu", self._line(x, [f"{layer}.fi"], inner, width), domain=MICROSOFT)
        return self._line(y, [f"{layer}.fo"], width, inner)

    def _line(self, x: str, names: list[str], gives: int, takes: int) -> str:
        """One or several linear maps of the same input, side by side."""
        quarters = np.concatenate([self._packed.quarters(f"{name}.w", gives, takes) for name in names])
        bias = np.concatenate([self._packed.floats(f"{name}.b", gives) for name in names])
        return self.op("Add", self.op("MatMul", x, self._wide(quarters, takes)), self.constant(bias))

    def _wide(self, quarters: npt.NDArray[Any], takes: int) -> str:
        """Weights, ``(takes, gives)``: the runtime widens them once, so that they are in memory once."""
        whole = self.op("Cast", self.constant(numbers(quarters).transpose(1, 2, 0)), to=TensorProto.FLOAT)
        scaled = self.op("Mul", whole, self.constant(scales(quarters).T[:, None]))
        return self.op("Reshape", scaled, self.shape(takes, len(quarters)))

    def _add_and_norm(self, x: str, y: str, name: str) -> str:
        epsilon = self._sizes.epsilon
        return self.op("SkipLayerNormalization", x, y, *self._norm(name), domain=MICROSOFT, epsilon=epsilon)

    def _norm(self, name: str) -> tuple[str, str]:
        width = self._sizes.width
        scale, bias = (self._packed.floats(f"{name}.{part}", width) for part in ("w", "b"))
        return self.constant(scale), self.constant(bias)
