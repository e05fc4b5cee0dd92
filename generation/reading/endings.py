"""Lines that end before their sentence does: what is left of a text that was cut.

Only ends that no whole sentence has. A full stop that is missing is no fault, and a slogan may end as it likes.
"""

import re

_NEVER_LAST = "the|an|and|or|but|nor|because|than|your|our|my|their|whose|although|unless"
# No line ends so, whatever it is. Small letters: "Plan A" and "Made For And By You" are whole.
_CUT = re.compile(
    rf"(?:\b(?:{_NEVER_LAST})|(?<!vitamin )(?<!grade )(?<!plan )(?<!\d)\ba|[,，、]"
    r"|而且|并且|但是|因为|以及|或者|为了|由于|虽然|以便|从而|比如|例如|只需|就能|(?<!参)与|(?<![温柔平缓饱调谐暖随祥总])和)\s*\Z"
)
# After a sentence with its full stop these need another word: an adverb that has its subject and lacks its verb.
_LEFT_OPEN = re.compile(
    r"\b(?:which|who|while|until|wherever|whenever|where|as|(?:you|we|it|they|that|which|who|and|to) "
    r"(?:simply|just|also|even|really|easily|gently|quickly|then))\s*\Z"
)
_SENTENCE = re.compile(r"[a-z]{2}[.!?] ")
_PAIRED = re.compile(r"(?:,| or| and) (?:wherever|whenever)\s*\Z")
# Nearly every line is done with at its last character or word.
_CLOSED = frozenset(".!?…。！？\"”’')）》")
_OPEN_WORDS = """a which who while until wherever whenever where as simply just also even really easily gently quickly
    then"""
_LAST_WORDS = frozenset((*_NEVER_LAST.split("|"), *_OPEN_WORDS.split()))
_LAST_HANZI = frozenset("，、且是为及者了于然便而如需能与和,")


def cut_end(line: str) -> str | None:
    """The words at which a line breaks off, or None."""
    last = line[-1:]
    if last in _CLOSED or (last not in _LAST_HANZI and line[line.rfind(" ") + 1 :] not in _LAST_WORDS):
        return None
    if not (match := _CUT.search(line, max(0, len(line) - 12))):
        match = _LEFT_OPEN.search(line, max(0, len(line) - 20))
        if not match or not _SENTENCE.search(line) or _PAIRED.search(line):
            return None
    return match[0].strip()
