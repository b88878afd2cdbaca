"""Answers that were given lately, so that evaluating again costs nothing. In the memory of the worker only.

What is kept under a key can only be read by whoever knows what was asked: the key to it is made from that,
and is not kept. So once a call is erased, nobody can read here what was said in it.
"""

import hashlib
from collections import OrderedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

REMEMBERED = 2_000
"""Answers, of some hundred bytes each."""


class Memory:
    """The answers used last."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._kept)

    def recall(self, asked: str) -> str | None:
        """What was answered when exactly this was asked."""
        name, key = _keys(asked)
        sealed = self._kept.get(name)
        if sealed is None:
            return None
        self._kept.move_to_end(name)
        try:
            return AESGCM(key).decrypt(sealed[:12], sealed[12:], name).decode()
        except InvalidTag:
            return None

    def keep(self, asked: str, answered: str) -> None:
        """Remember an answer, and forget the one that was not used for longest."""
        name, key = _keys(asked)
        nonce = hashlib.blake2b(answered.encode("utf-8", "replace"), digest_size=12, key=key).digest()
        self._kept[name] = nonce + AESGCM(key).encrypt(nonce, answered.encode("utf-8", "replace"), name)
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _keys(asked: str) -> tuple[bytes, bytes]:
    """Under which name an answer is kept, and the key to it: neither can be made from the other."""
    text = asked.encode("utf-8", "replace")
    name = hashlib.blake2b(text, digest_size=16, person=b"name").digest()
    return name, hashlib.blake2b(text, digest_size=32, person=b"key").digest()
