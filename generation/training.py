"""Training the shipped model: tokenizer, examples as token ids, the loop, perplexity.

A small Qwen2-shaped causal LM learns to answer the project's own prompts (``generation.corpus``). The prompt ids come
from ``generation.prompts``, so training sees exactly what the engine will. The flow is in ``flows/train.py``.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from generation.corpus import Example, examples, hanzi, reply_text
from generation.prompts import PromptRenderer

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
MAX_PROMPT_TOKENS = 1000
Row = tuple[np.ndarray[Any, np.dtype[np.uint16]], np.ndarray[Any, np.dtype[np.uint16]]]  # prompt ids, reply ids
IGNORED = -100  # cross_entropy's mark for a position that is not learned


@dataclass(frozen=True, slots=True)
class Shape:
    """The model's size. The default has about 5 M parameters."""

    vocabulary: int = 8192
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    intermediate: int = 640
    context: int = 2048


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train. It ends at ``minutes`` or when the examples are used up ``epochs`` times."""

    minutes: float = 60.0
    epochs: int = 1
    batch: int = 16
    matrix_rate: float = 0.005  # Muon's, for the weight matrices
    other_rate: float = 2e-3  # AdamW's, for embeddings, norms and biases
    warmup_steps: int = 60
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the training log. Losses are cross-entropy in nats per reply token."""

    step: int
    examples: int
    seconds: float
    train_loss: float
    validation_loss: float

    @property
    def perplexity(self) -> float:
        """exp of the validation loss."""
        return math.exp(self.validation_loss)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE for English and Chinese with the ChatML turn tokens.

    Digits and Chinese characters stand alone: a number or a name then has the same tokens wherever it occurs, which
    is what a small model needs to copy it.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{Han}|\p{N}| ?\p{L}[\p{L}']*(?<!\p{Han})| ?[^\s\p{L}\p{N}]+|\s"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Each common character often enough to outrank any English syllable.
    tokenizer.train_from_iterator([*texts, *(hanzi() for _ in range(2000))], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, chat_template=CHAT_TEMPLATE, clean_up_tokenization_spaces=False
    )


def example_texts(drawn: Iterable[Example]) -> Iterator[str]:
    """What the tokenizer learns from: prompts and replies as plain text."""
    from generation.prompts import TemplateSet

    templates = TemplateSet()
    for example in drawn:
        system, user = templates.pieces(example.brief)
        yield "".join(system)
        yield "".join(user)
        yield " " + reply_text(example.fields)


def prepare(drawn: Iterable[Example], tokenizer: PreTrainedTokenizerFast) -> pd.DataFrame:
    """Examples as a table: ``locale``, ``channel``, ``prompt`` (ids), ``reply`` (ids, ending in the end token)."""
    renderer = PromptRenderer(tokenizer, MAX_PROMPT_TOKENS)
    rows = []
    for example in drawn:
        prompt = renderer.render(example.brief).token_ids
        reply = [*tokenizer.encode(reply_text(example.fields), add_special_tokens=False), tokenizer.eos_token_id]
        # Two bytes a token: as Python integers a night's examples would take gigabytes.
        ids = (np.array(prompt, np.uint16), np.array(reply, np.uint16))
        rows.append((example.brief.locale, example.brief.channel, *ids))
    return pd.DataFrame(rows, columns=["locale", "channel", "prompt", "reply"])


def new_model(tokenizer: PreTrainedTokenizerFast, shape: Shape) -> Qwen2ForCausalLM:
    """An untrained model of the given shape."""
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.key_value_heads,
            intermediate_size=shape.intermediate,
            max_position_embeddings=shape.context,
            rope_theta=1_000_000.0,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def reply_loss(model: Qwen2ForCausalLM, rows: Sequence[Row], pad: int) -> Tensor:
    """Mean cross-entropy over the reply tokens of (prompt, reply) rows.

    Logits are computed at the reply's positions only: the vocabulary's projection would cost as much as two layers.
    """
    device = model.device
    longest = max(len(prompt) + len(reply) for prompt, reply in rows) - 1
    ids = torch.full((len(rows), longest), pad)
    labels = torch.full((len(rows), longest), IGNORED)
    for i, (prompt, reply) in enumerate(rows):
        whole = torch.from_numpy(np.concatenate([prompt, reply]).astype(np.int64))
        ids[i, : len(whole) - 1] = whole[:-1]
        labels[i, len(prompt) - 1 : len(whole) - 1] = whole[len(prompt) :]
    ids, labels = ids.to(device), labels.to(device)
    # Padding stands on the right and attention looks left, so no mask is needed.
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    learned = labels != IGNORED
    return functional.cross_entropy(model.lm_head(hidden[learned]), labels[learned])


def validation_loss(model: Qwen2ForCausalLM, table: pd.DataFrame, pad: int, batch: int = 32) -> float:
    """Mean cross-entropy per reply token over a table."""
    model.eval()
    total = tokens = 0.0
    rows = _sorted_rows(table)
    with torch.no_grad():
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            count = sum(len(reply) for _, reply in part)
            total += float(reply_loss(model, part, pad)) * count
            tokens += count
    model.train()
    return total / tokens


def train(
    model: Qwen2ForCausalLM,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    schedule: Schedule,
    pad: int,
    *,
    measure_every: int = 200,
) -> Iterator[Measure]:
    """Train in place, yielding a measure every so many steps and at the end.

    The rate falls with the share of the time or of the steps that is used up, whichever is further on.
    """
    torch.manual_seed(schedule.seed)
    optimizers = _optimizers(model, schedule)
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    batches = _batches(training, schedule)
    started, recent, seen = time.monotonic(), [0.0], 0
    model.train()
    for step, rows in enumerate(batches):
        elapsed = time.monotonic() - started
        share = max(elapsed / (60 * schedule.minutes), step / len(batches))
        if share >= 1:
            break
        warm = min(1.0, (step + 1) / schedule.warmup_steps)
        rate = warm * min(1.0, 1.4 * (1 - share) + 0.02)  # flat at first, then straight down
        for optimizer, peak in zip(optimizers, peaks, strict=True):
            for group, value in zip(optimizer.param_groups, peak, strict=True):
                group["lr"] = value * rate
        loss = reply_loss(model, rows, pad)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        seen += len(rows)
        if (step + 1) % measure_every == 0:
            yield _measure(model, validation, pad, step + 1, seen, started, recent)
            recent = []
    yield _measure(model, validation, pad, step + 1, seen, started, recent or [0.0])


@torch.no_grad()
def lay_copying_heads(model: Qwen2ForCausalLM, seed: int) -> None:
    """Start the weights with induction heads: what followed this token earlier is what comes next.

    Looking that up is the skill that carries a product's name into its copy, and the one that a small model spends
    most of a short training to discover. Layer 0 notes at each token which one stood before it (attention pinned to
    the previous position by the biases and RoPE's fast pairs); layer 1 looks for the place whose note is the current
    token (through RoPE's slow pairs, blind to distance) and writes what stands there. Training is free to undo it.
    Written for the default Shape: 4 heads on 2 key-value heads, of 64 dimensions.
    """
    hidden, head = model.config.hidden_size, 64
    half = head // 2
    basis, _ = torch.linalg.qr(torch.randn(hidden, hidden, generator=torch.Generator().manual_seed(seed)))
    notes, words = basis[:, :head], basis[:, head:]  # where notes are kept; where words live
    spread = 0.1
    embedding = model.model.embed_tokens.weight
    embedding.copy_(torch.randn(len(embedding), hidden - head) @ words.T * spread)
    noted = words[:, :head]  # the 64 directions of a word that its successor notes

    first, second = model.model.layers[0].self_attn, model.model.layers[1].self_attn
    frequencies = model.model.rotary_emb.inv_freq
    for weight in (first.q_proj.weight, first.k_proj.weight):
        weight[:head] = 0.0
    strength = torch.zeros(half)
    strength[:8] = 8.0
    # A query turned back by one position meets the key of the position before it at its peak.
    first.k_proj.bias[:head] = torch.cat([strength, torch.zeros(half)])
    first.q_proj.bias[:head] = torch.cat([strength * torch.cos(frequencies), -strength * torch.sin(frequencies)])
    first.v_proj.weight[:head] = noted.T
    first.v_proj.bias[:head] = 0.0
    first.o_proj.weight[:, :head] = 1.2 * spread * notes

    slow = torch.cat([torch.arange(half // 2, half), torch.arange(half + half // 2, head)])
    for number, query_head in enumerate((0, 2)):
        part = slice(number * half, (number + 1) * half)
        keys, queries = number * head + slow, query_head * head + slow
        second.q_proj.weight[query_head * head : (query_head + 1) * head] = 0.0
        second.k_proj.weight[number * head : (number + 1) * head] = 0.0
        second.q_proj.weight[queries] = 1.9 * noted[:, part].T
        second.k_proj.weight[keys] = 1.9 * notes[:, part].T
        copied = words[:, number * head : (number + 1) * head]
        second.v_proj.weight[number * head : (number + 1) * head] = copied.T
        second.o_proj.weight[:, query_head * head : (query_head + 1) * head] = 2.2 * spread * copied


def _measure(
    model: Qwen2ForCausalLM,
    validation: pd.DataFrame,
    pad: int,
    step: int,
    seen: int,
    started: float,
    losses: Sequence[float],
) -> Measure:
    loss = validation_loss(model, validation, pad)
    return Measure(step, seen, time.monotonic() - started, sum(losses) / len(losses), loss)


def _optimizers(model: Qwen2ForCausalLM, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest: fewer steps than AdamW alone for a model this small."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "layers" in name else others).append(parameter)
    return [
        torch.optim.Muon(matrices, lr=schedule.matrix_rate, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=schedule.other_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _sorted_rows(table: pd.DataFrame) -> list[Row]:
    rows = list(zip(table["prompt"], table["reply"], strict=True))
    return sorted(rows, key=lambda row: len(row[0]) + len(row[1]))


def _batches(table: pd.DataFrame, schedule: Schedule) -> list[list[Row]]:
    """Batches of like length, so that little is padding, in random order."""
    generator = torch.Generator().manual_seed(schedule.seed)
    batches = []
    for _ in range(schedule.epochs):
        shuffled = table.iloc[torch.randperm(len(table), generator=generator).tolist()]
        pool = schedule.batch * 64
        epoch = []
        for start in range(0, len(shuffled), pool):
            rows = _sorted_rows(shuffled.iloc[start : start + pool])
            epoch += [rows[i : i + schedule.batch] for i in range(0, len(rows), schedule.batch)]
        batches += [epoch[i] for i in torch.randperm(len(epoch), generator=generator).tolist()]
    return batches


def save(model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights in half precision, tokenizer and configurations, as vLLM reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    half = Qwen2ForCausalLM(model.config).half()
    half.load_state_dict({name: value.half() for name, value in model.state_dict().items()})
    half.generation_config.eos_token_id = tokenizer.eos_token_id
    half.generation_config.pad_token_id = tokenizer.pad_token_id
    half.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def draw(seed: int, count: int) -> list[Example]:
    """So many examples from the corpus."""
    return list(islice(examples(seed), count))


def parameters(model: Any) -> int:
    """How many weights, the shared embedding counted once."""
    return sum(parameter.numel() for parameter in model.parameters())
