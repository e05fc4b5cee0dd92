"""The shipped model: what its card says of it holds, within what 80 drafts can tell."""

from tokenizers import Tokenizer

from generation.corpus import examples, reply_text
from generation.engine import SHIPPED_MODEL, Engine, load_tokenizer
from generation.evaluation import evaluate


def test_the_tokenizers_file_alone_gives_the_tokens_that_the_engine_sees() -> None:
    served, file = load_tokenizer(str(SHIPPED_MODEL)), Tokenizer.from_file(str(SHIPPED_MODEL / "tokenizer.json"))
    for example, _ in zip(examples(11), range(60), strict=False):
        for text in (example.brief.product.title, reply_text(example.replies[0])):
            assert served.encode(text, add_special_tokens=False) == file.encode(text, add_special_tokens=False).ids


def test_it_fits_the_size_that_was_promised() -> None:
    assert sum(path.stat().st_size for path in SHIPPED_MODEL.iterdir()) < 30e6


def test_most_of_its_drafts_pass_the_gates_and_name_their_product(engine: Engine) -> None:
    found = evaluate(engine, 80)
    assert found.passed >= 0.85
    assert found.named >= 0.9
    assert found.invented <= 0.02
