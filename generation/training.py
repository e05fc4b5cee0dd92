"""Training the shipped model: tokenizer, examples as token ids, the loop, perplexity.

A small Qwen2-shaped causal LM learns to answer the project's own prompts (``generation.corpus``). The prompt ids come
from ``generation.prompts``, so training sees exactly what the engine will. The flow is in ``flows/train.py``.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from generation.corpus import Example, examples, hanzi, reply_text
from generation.prompts import PromptRenderer

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
MAX_PROMPT_TOKENS = 1000
TRAINING_SEED = 1_000_000  # far from the seed that the validation briefs are drawn with
AVERAGING = 0.998  # of the average, at each step
REPLIES = 4  # to each prompt: learning from all of them costs little more than from one, the prompt being longer
DRILLS = 2  # rows beside a batch that only practise copying
DRILL_WEIGHT = 0.2  # of their loss
DRILL_TOKENS = 96
Ids = np.ndarray[Any, np.dtype[np.uint16]]
Row = tuple[Ids, tuple[Ids, ...]]  # a prompt's token ids, and those of its replies


@dataclass(frozen=True, slots=True)
class Shape:
    """The model's size. The default has about 5 M parameters."""

    vocabulary: int = 10_240
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    intermediate: int = 640
    context: int = 2048


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train. It ends after ``minutes`` or ``epochs``, whichever is first."""

    minutes: float = 90.0
    epochs: int = 12
    briefs: int = 12_000  # in an epoch; every epoch's are new ones
    batch: int = 16  # briefs
    matrix_rate: float = 0.004  # Muon's, for the weight matrices
    other_rate: float = 1.5e-3  # AdamW's, for embeddings, norms and biases
    warmup_steps: int = 60
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the training log, at the end of an epoch. Losses are cross-entropy in nats per reply token."""

    epoch: int
    briefs: int  # seen so far
    seconds: float
    train_loss: float
    validation_loss: float

    @property
    def perplexity(self) -> float:
        """exp of the validation loss."""
        return math.exp(self.validation_loss)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE for English and Chinese with the ChatML turn tokens.

    Digits and Chinese characters stand alone while it learns, so that a number or a name is made of small pieces, which
    is what a small model needs to copy it. Read it back with ``load_tokenizer`` before training on it: what serves the
    model parts text in a way of its own.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"\p{Han}|\p{N}| ?\p{L}[\p{L}']*(?<!\p{Han})| ?[^\s\p{L}\p{N}]+|\s"), "isolated"
            ),
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
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def example_texts(drawn: Iterable[Example]) -> Iterator[str]:
    """What the tokenizer learns from: prompts and replies as plain text."""
    from generation.prompts import TemplateSet

    templates = TemplateSet()
    for example in drawn:
        system, user = templates.pieces(example.brief)
        yield "".join(system)
        yield "".join(user)
        yield " " + reply_text(example.replies[0])


def prepare(drawn: Iterable[Example], tokenizer: PreTrainedTokenizerFast) -> pd.DataFrame:
    """Examples as a table: ``locale``, ``channel``, ``prompt`` (ids), ``replies`` (ids, each with the end token)."""
    renderer = PromptRenderer(tokenizer, MAX_PROMPT_TOKENS)
    rows = []
    for example in drawn:
        prompt = renderer.render(example.brief).token_ids
        replies = tuple(
            # Two bytes a token: as Python integers an epoch's examples would take gigabytes.
            np.array(
                [*tokenizer.encode(reply_text(reply), add_special_tokens=False), tokenizer.eos_token_id], np.uint16
            )
            for reply in example.replies
        )
        rows.append((example.brief.locale, example.brief.channel, np.array(prompt, np.uint16), replies))
    return pd.DataFrame(rows, columns=["locale", "channel", "prompt", "replies"])


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
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def drills(rng: np.random.Generator, vocabulary: int, count: int) -> list[Row]:
    """Rows whose reply repeats the prompt: tokens of any kind, in no sensible order, some of them more than once.

    A name's characters are seldom met in briefs, so seldom that the model comes to hold them all for unlikely and says
    a common one instead. Here each is asked for as often as any. What follows a token is told by those before it, where
    one alone stands in several places.
    """
    rows: list[Row] = []
    for _ in range(count):
        pool = rng.integers(3, vocabulary, DRILL_TOKENS // 2)  # 0–2 are the control tokens
        text = rng.choice(pool, DRILL_TOKENS).astype(np.uint16)
        rows.append((np.append(text, text[0]), (text[1:],)))
    return rows


def reply_loss(model: Qwen2ForCausalLM, rows: Sequence[Row], pad: int) -> Tensor:
    """Mean cross-entropy over the reply tokens of the rows.

    A prompt is read once for all its replies: they stand behind it one after another, each seeing the prompt and
    itself, at the positions it would have alone. Logits are computed where a reply's token is predicted and nowhere
    else: over the prompt, the vocabulary's projection would cost as much as two layers.
    """
    length = max(len(prompt) + sum(map(len, replies)) for prompt, replies in rows)
    ids = torch.full((len(rows), length), pad)
    positions = torch.zeros_like(ids)
    part = torch.full_like(ids, -1)  # 0: the prompt; 1, 2, …: a reply; −1: padding
    where, labels = [], []
    for i, (prompt, replies) in enumerate(rows):
        at = len(prompt)
        ids[i, :at], positions[i, :at], part[i, :at] = _long(prompt), torch.arange(at), 0
        for number, reply in enumerate(replies, start=1):
            here = slice(at, at + len(reply))
            ids[i, here], part[i, here] = _long(reply), number
            positions[i, here] = torch.arange(len(prompt), len(prompt) + len(reply))
            # The prompt's last token predicts the first of every reply.
            where.append(i * length + torch.tensor([len(prompt) - 1, *range(at, at + len(reply) - 1)]))
            labels.append(_long(reply))
            at += len(reply)
    seen = (part[:, None, :] == part[:, :, None]) | (part[:, None, :] == 0)
    mask = (seen & torch.ones(length, length, dtype=torch.bool).tril())[:, None]
    device = model.device
    with torch.autocast(device.type, torch.bfloat16, enabled=_fast_bfloat16(device)):
        hidden = model.model(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=mask.to(device),
            use_cache=False,
        ).last_hidden_state
    states = hidden.flatten(0, 1).index_select(0, torch.cat(where).to(device))
    cross_entropy: Callable[..., Tensor] = _CrossEntropy.apply
    return cross_entropy(states, model.lm_head.weight, torch.cat(labels).to(device))


class _CrossEntropy(torch.autograd.Function):
    """Mean cross-entropy of states · weightᵀ against labels, its gradients computed on the way, a few rows at a time.

    The logits of a batch are 30 times its states; kept whole, moving them about took a third of a training step.
    """

    CHUNK = 256  # rows: 8 MiB of logits, which a cache holds

    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        kind = torch.bfloat16 if _fast_bfloat16(states.device) else torch.float32
        rows, table = states.to(kind), weight.to(kind)
        row_grads = torch.empty_like(rows)
        table_grad = torch.zeros_like(weight, dtype=torch.float32)
        total = torch.zeros((), dtype=torch.float32, device=states.device)
        for start in range(0, len(labels), _CrossEntropy.CHUNK):
            part = slice(start, start + _CrossEntropy.CHUNK)
            logits = (rows[part] @ table.T).float()
            right = labels[part, None]
            normaliser = logits.logsumexp(1, keepdim=True)
            total += (normaliser - logits.gather(1, right)).sum()
            slope = logits.sub_(normaliser).exp_()
            slope.scatter_add_(1, right, torch.full_like(right, -1.0, dtype=torch.float32))
            grads = slope.div_(len(labels)).to(kind)
            row_grads[part] = grads @ table
            table_grad += grads.T @ rows[part]
        ctx.save_for_backward(row_grads, table_grad)
        ctx.kind = states.dtype
        return total / len(labels)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        row_grads, table_grad = ctx.saved_tensors
        return (row_grads * upstream).to(ctx.kind), table_grad * upstream, None


def _long(ids: Ids) -> Tensor:
    return torch.from_numpy(ids.astype(np.int64))


def _fast_bfloat16(device: torch.device) -> bool:
    """Emulating bfloat16 on a processor that lacks it is slower than float32."""
    return device.type == "cuda" or bool(torch.cpu._is_avx512_bf16_supported())


def validation_loss(model: Qwen2ForCausalLM, table: pd.DataFrame, pad: int, batch: int = 32) -> float:
    """Mean cross-entropy per reply token over a table."""
    model.eval()
    total = tokens = 0.0
    rows = _sorted_rows(table)
    with torch.no_grad():
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            count = sum(len(reply) for _, replies in part for reply in replies)
            total += float(reply_loss(model, part, pad)) * count
            tokens += count
    model.train()
    return total / tokens


def train(
    model: Qwen2ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    validation: pd.DataFrame,
    schedule: Schedule,
    told: Callable[[float, float], None] = lambda share, loss: None,
) -> Iterator[tuple[Measure, Qwen2ForCausalLM]]:
    """Train in place on freshly drawn briefs, yielding a measure and the averaged model after each epoch.

    The average is over the last few hundred steps, which lose what one batch taught and the next one took: its
    validation loss was a tenth lower than that of the weights as they stood.

    The rate falls with the share of the time or of the steps that is used up, whichever is further on. ``told`` hears
    of that share and of the last batch's loss at every step.
    """
    torch.manual_seed(schedule.seed)
    rng = np.random.default_rng(schedule.seed)
    pad = int(tokenizer.pad_token_id or 0)
    optimizers = _optimizers(model, schedule)
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))
    steps = schedule.epochs * math.ceil(schedule.briefs / schedule.batch)
    started, step, seen, share = time.monotonic(), 0, 0, 0.0
    model.train()
    for epoch in range(schedule.epochs):
        drawn = draw(schedule.seed + TRAINING_SEED + epoch, schedule.briefs, REPLIES)
        losses: list[float] = []
        for rows in _batches(prepare(drawn, tokenizer), schedule, epoch):
            share = max((time.monotonic() - started) / (60 * schedule.minutes), step / steps)
            if share >= 1:
                break
            warm = min(1.0, (step + 1) / schedule.warmup_steps)
            rate = warm * min(1.0, 1.2 * (1 - share) + 0.01)  # flat at first, then straight down
            for optimizer, peak in zip(optimizers, peaks, strict=True):
                for group, value in zip(optimizer.param_groups, peak, strict=True):
                    group["lr"] = value * rate
            loss = reply_loss(model, rows, pad)
            loss.backward()
            practice = drills(rng, len(tokenizer), DRILLS)
            (reply_loss(model, practice, pad) * DRILL_WEIGHT).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            averaged.update_parameters(model)
            losses.append(float(loss.detach()))
            step, seen = step + 1, seen + len(rows)
            told(share, losses[-1])
        if losses:
            mean = sum(losses) / len(losses)
            average = cast(Qwen2ForCausalLM, averaged.module)
            measured = validation_loss(average, validation, pad)
            yield Measure(epoch + 1, seen, time.monotonic() - started, mean, measured), average
        if share >= 1:
            return


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


def _optimizers(model: Qwen2ForCausalLM, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest: fewer steps than AdamW alone for a model this small."""
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "layers" in name else others).append(parameter)
    return [
        torch.optim.Muon(matrices, lr=schedule.matrix_rate, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=schedule.other_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _sorted_rows(table: pd.DataFrame) -> list[Row]:
    rows = list(zip(table["prompt"], table["replies"], strict=True))
    return sorted(rows, key=lambda row: len(row[0]) + sum(map(len, row[1])))


def _batches(table: pd.DataFrame, schedule: Schedule, epoch: int) -> list[list[Row]]:
    """Batches of like length, so that little is padding, in random order."""
    generator = torch.Generator().manual_seed(schedule.seed + epoch)
    rows = _sorted_rows(table)
    batches = [rows[i : i + schedule.batch] for i in range(0, len(rows), schedule.batch)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def save(model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights in half precision, tokenizer and configurations, as vLLM reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    half = Qwen2ForCausalLM(model.config).half()
    half.load_state_dict({name: value.half() for name, value in model.state_dict().items()})
    half.generation_config.eos_token_id = tokenizer.eos_token_id
    half.generation_config.pad_token_id = tokenizer.pad_token_id
    half.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def draw(seed: int, count: int, replies: int = 1) -> list[Example]:
    """So many examples from the corpus."""
    return list(islice(examples(seed, replies), count))


def parameters(model: Any) -> int:
    """How many weights, the shared embedding counted once."""
    return sum(parameter.numel() for parameter in model.parameters())
