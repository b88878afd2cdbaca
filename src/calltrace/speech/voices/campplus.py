"""CAM++, a speaker embedding, as a graph for ONNX Runtime.

Source: Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking", Interspeech 2023; weights of 3D-Speaker (Apache-2.0), trained on 200,000 Chinese and English voices.
The graph ends before the pooling over time: one pass over a stretch serves all windows in it.
"""

from onnx import ModelProto

from calltrace.kit.networks import Drawing, floats, integers
from calltrace.speech.voices.checkpoint import Tensors
from calltrace.speech.voices.filterbank import BANDS

STRIDE = 2
"""Frames of features for one frame of output."""
CHANNELS = 512
_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block."""
_GROWTH, _NARROW = 32, 128
SEGMENT = 200
"""Frames of features that share one context, at most: two seconds."""
_PLANES = 320
"""What the head hands on for each frame: 32 channels of 10 bands."""


def graph(weights: Tensors) -> ModelProto:
    """``features``, ``(n, BANDS, time)``, to ``frames``, ``(n, CHANNELS, time / STRIDE)``.

    ``segments``, ``(1,)``: how many parts of one length, at most ``SEGMENT``, share a context each; ``time``
    is a multiple of ``STRIDE * segments``.
    """
    drawing = _Voices(weights)
    takes = [floats("features", "n", BANDS, "time"), integers("segments", 1)]
    gives = floats("frames", "n", CHANNELS, "steps")
    return drawing.model("campplus", takes, drawing.network("features"), gives)


class _Voices(Drawing):
    def __init__(self, weights: Tensors) -> None:
        super().__init__()
        self._weights = weights
        self._shapes: dict[int, str] = {}

    def network(self, features: str) -> str:
        x = self._head(features)
        x = self._normal(self._line(x, "xvector.tdnn.linear", pad=2, stride=STRIDE), "xvector.tdnn.nonlinear")
        for number, (layers, dilation) in enumerate(_BLOCKS, 1):
            for layer in range(1, layers + 1):
                more = self._dense(x, f"xvector.block{number}.tdnnd{layer}", dilation)
                x = self.op("Concat", x, more, axis=1)
            x = self._normal(x, f"xvector.transit{number}.nonlinear")
            x = self._line(x, f"xvector.transit{number}.linear")
        return self._normal(x, "xvector.out_nonlinear")

    def _head(self, x: str) -> str:
        """Two-dimensional convolutions over time and frequency."""
        x = self.op("Unsqueeze", x, self.shape(1))
        x = self._relu(self._batch(self._plane(x, "head.conv1"), "head.bn1"))
        for layer in (1, 2):
            x = self._residual(x, f"head.layer{layer}.0", stride=2)
            x = self._residual(x, f"head.layer{layer}.1", stride=1)
        x = self._relu(self._batch(self._plane(x, "head.conv2", stride=2), "head.bn2"))
        return self.op("Reshape", x, self.shape(0, _PLANES, -1))

    def _residual(self, x: str, key: str, stride: int) -> str:
        y = self._relu(self._batch(self._plane(x, f"{key}.conv1", stride=stride), f"{key}.bn1"))
        y = self._batch(self._plane(y, f"{key}.conv2"), f"{key}.bn2")
        if stride > 1:
            x = self._plane(x, f"{key}.shortcut.0", stride=stride, pad=0)
            x = self._batch(x, f"{key}.shortcut.1")
        return self._relu(self.op("Add", y, x))

    def _dense(self, x: str, key: str, dilation: int) -> str:
        """One layer with its context-aware mask (section 2.2)."""
        x = self._line(self._normal(x, f"{key}.nonlinear1"), f"{key}.linear1")
        x = self._normal(x, f"{key}.nonlinear2")
        local = self._line(x, f"{key}.cam_layer.linear_local", pad=dilation, dilation=dilation)
        parts = self.op("Reshape", x, self._in_segments(_NARROW))
        parts = self.op("ReduceMean", parts, self.shape(-1), keepdims=0)
        whole = self.op("ReduceMean", parts, self.shape(-1), keepdims=1)
        mask = self._relu(self._line(self.op("Add", parts, whole), f"{key}.cam_layer.linear1"))
        mask = self.op("Sigmoid", self._line(mask, f"{key}.cam_layer.linear2"))
        mask = self.op("Unsqueeze", mask, self.shape(-1))
        local = self.op("Reshape", local, self._in_segments(_GROWTH))
        return self.op("Reshape", self.op("Mul", local, mask), self.shape(0, _GROWTH, -1))

    def _in_segments(self, channels: int) -> str:
        """The shape ``(n, channels, segments, rest)``."""
        if channels not in self._shapes:
            parts = self.shape(0, channels), "segments", self.shape(-1)
            self._shapes[channels] = self.op("Concat", *parts, axis=0)
        return self._shapes[channels]

    def _plane(self, x: str, key: str, stride: int = 1, pad: int = 1) -> str:
        return self.op("Conv", x, self._weight(f"{key}.weight"), strides=[stride, 1], pads=[pad] * 4)

    def _line(self, x: str, key: str, pad: int = 0, dilation: int = 1, stride: int = 1) -> str:
        parts = [
            self._weight(f"{key}.{name}") for name in ("weight", "bias") if f"{key}.{name}" in self._weights
        ]
        return self.op("Conv", x, *parts, strides=[stride], pads=[pad, pad], dilations=[dilation])

    def _normal(self, x: str, key: str) -> str:
        return self._relu(self._batch(x, f"{key}.batchnorm"))

    def _batch(self, x: str, key: str) -> str:
        names = ("weight", "bias", "running_mean", "running_var")
        return self.op("BatchNormalization", x, *(self._weight(f"{key}.{name}") for name in names))

    def _relu(self, x: str) -> str:
        return self.op("Relu", x)

    def _weight(self, name: str) -> str:
        return self.constant(self._weights[name])
