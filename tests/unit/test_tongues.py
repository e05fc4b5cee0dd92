"""Other languages in Latin letters are told from English with borrowed words in it."""

import pytest

from generation.reading.tongues import other_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("der kaffee schmeckt nach kakao und passt zum frühstück", "German"),
        ("la bouilloire verse lentement et tient bien dans votre main", "French"),
        ("descubre tu talla y combina con todo para los días fríos", "Spanish"),
        ("la camicia che non ti lascia mai, per ogni giorno della settimana", "Italian"),
        ("uma caneca para o seu café, quando você quiser", "Portuguese"),
        ("een stoel voor bij het raam, niet voor op zolder", "Dutch"),
        ("en kopp för kaffe och att ha på jobbet", "Scandinavian"),
        ("a cup for the morning and the evening\neine tasse für den morgen und auch für die nacht", "German"),
    ],
)
def test_a_text_in_another_language_is_recognised(text: str, language: str) -> None:
    assert other_language(text, frozenset()) == language


@pytest.mark.parametrize(
    "text",
    [
        "café crème at home, poured with savoir-faire", "eau de parfum for the evening", "a soupçon of je ne sais quoi",
        "from rua das flores to las palmas, two pockets for tickets", "al dente in nine minutes, says the pasta",
        "don't say un deux trois when one sip will do", "kindergarten bag with a zip", "62 cm, 45 cm, $40", "",
    ],
)  # fmt: skip
def test_english_with_borrowed_words_and_names_is_english(text: str) -> None:
    assert other_language(text, frozenset()) is None


def test_the_words_of_the_record_count_for_no_language() -> None:
    title = "der die das und mit für"
    assert other_language(f"read {title} tonight", frozenset(title.split())) is None
