"""Whether text in Latin letters is English, by the small words that another language has and no text goes without.

German, French, Spanish, Italian, Portuguese, Dutch and Scandinavian ones. Single borrowed words are English enough.
"""

import re
from collections.abc import Container

from generation.reading.needles import finder

# None of these is an English word as well, nor common in English names, dishes or phrases (la, le, de, del, al, con).
_SMALL_WORDS: dict[str, str] = {
    "German": """der das dem ein eine einem einen einer eines und oder mit ohne für von vom zum zur zu auf aus bei nach
        über ist sind wird nicht kein keine auch nur noch schon jetzt wenn wie sich sie ihr ihre dein deine unser unsere
        beim jeden alle durch""",
    "French": """et une dans pour avec votre vos vous notre nos est sont qui sur pas très cette ces chaque bien tout
        toute tous leur aux nous mais où être jour ou ce ne""",
    "Spanish": """los las para una por su sus que más muy tus tu cada como cuando todo todos donde nuestro nuestra pero
        este esta se""",
    "Italian": """il gli che della delle dei nel nella è non tuo tua più ogni sono anche alla senza questo questa tutti
        una di""",
    "Portuguese": """os dos das para um uma não é seu sua mais sem você cada quando na que por muito ao""",
    "Dutch": """het een voor je zijn niet ook jouw uw deze dit bij naar wordt zonder elke op nu""",
    "Scandinavian": """och att är för på det som ett og ikke jeg af eller från fra har""",
}
_ENGLISH_WORDS = """the and with your that this from by you are our its when more out can not all into them then for of
    is it to"""
_WORD = re.compile(r"[a-zß-ÿ]+(?:['’-][a-zß-ÿ]+)*")
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_OF_LANGUAGE = {name: frozenset(words.split()) for name, words in _SMALL_WORDS.items()}
# Between spaces each is rare in English text: a quick look for all of them at once.
_may_be_foreign = finder(re.compile(f" {word} ") for words in _OF_LANGUAGE.values() for word in sorted(words))


def other_language(text: str, known: Container[str]) -> str | None:
    """The language that a normalised text, or a line of it, is in, where that isn't English; else None.

    ``known`` are the words of the product's record, which may be in any language.
    """
    if not _may_be_foreign(text):
        return None
    for part in (text, *text.split("\n")):
        words = [word for word in _WORD.findall(part) if word not in known]
        told, of = max((len(small.intersection(words)), name) for name, small in _OF_LANGUAGE.items())
        english = sum(word in _ENGLISH for word in words)
        # Two small words may be a quotation in a line; without one of English beside them, three are none.
        if told > max(english, 1 if part is text else 2):
            return of
    return None
