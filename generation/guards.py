"""The gates that guard people and the house: nobody's data in copy, and nothing of a supplier's hidden instructions.

What the gates refuse is kept without the data. Finding it is the affair of ``generation.reading``: personal, injection.
"""

from dataclasses import replace

from generation.ledger.facts import Facts
from generation.reading.injection import instructs, may_instruct
from generation.reading.personal import leaks, masked
from generation.reading.text import holds, normal
from generation.records import AdCopy, Fields, Rejection
from generation.shape import Context, refusal, whole

LABEL = 20  # characters of a field's name and the marks around a line


def personal_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nobody's name, number, account or address; what the product or the offer is called is no leak."""
    locale, told = context.brief.locale, context.facts.text
    if leaks(whole(fields), locale, told):
        for name, lines in fields.items():
            for line in lines:
                if found := leaks(line, locale, told):
                    return refusal("personal", f"{name} holds somebody's {found[0].kind}", masked(line, locale, told))
    return None


def injection_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing of the sentences that speak to the model in the product's text, and no such sentence of its own."""
    echoes, text = context.echoes, whole(fields)
    if not echoes.runs and not (may_instruct(normal(text)) and instructs(text)):
        return None
    for name, lines in fields.items():
        for line in lines:
            if echo := echoes.find(line):
                return refusal("injection", f"{name} repeats {echo!r} of an instruction in the catalogue's text", line)
            if (told := instructs(line)) and not holds(context.facts.text, told):
                return refusal("injection", f"{name} speaks to a model, {told!r}", line)
    return None


def kept_private(ad_copy: AdCopy, facts: Facts) -> AdCopy:
    """A copy as tables and logs may hold it; what stands for the data in a refused one, ``[phone]``, is refused again.

    Of a copy that passed, whose fields hold nothing, it is what the model said around them. A refused one's claims go:
    their places are those of the text as it was.
    """
    draft, locale, told = ad_copy.draft, ad_copy.draft.brief.locale, facts.text
    if ad_copy.rejection is None:
        lines = [line for lines in ad_copy.fields.values() for line in lines]
        if len(draft.text) <= sum(map(len, lines)) + LABEL * len(lines):
            return ad_copy  # nothing but labels stands around them, as nearly always
        shown = masked(draft.text, locale, told)
        return ad_copy if shown == draft.text else replace(ad_copy, draft=replace(draft, text=shown))
    found = leaks(draft.text, locale, told)
    if not found:
        return ad_copy
    reason = ad_copy.rejection.reason
    for one in found:  # a gate may quote it without the words that tell what it is
        data = draft.text[one.start : one.end]
        for quoted in (data, data.lower(), normal(data)):
            reason = reason.replace(quoted, f"[{one.kind}]")
    return replace(
        ad_copy,
        draft=replace(draft, text=masked(draft.text, locale, told)),
        fields={name: tuple(masked(line, locale, told) for line in lines) for name, lines in ad_copy.fields.items()},
        rejection=replace(ad_copy.rejection, reason=masked(reason, locale, told)),
        warnings=tuple(masked(warning, locale, told) for warning in ad_copy.warnings),
        claims=(),
    )
