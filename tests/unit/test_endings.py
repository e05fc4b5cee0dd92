"""Which lines break off before their sentence ends, and which merely lack a full stop."""

import pytest

from generation.reading.endings import cut_end


@pytest.mark.parametrize(
    "line",
    [
        "Fold it out on the kitchen table and start with the", "A shelf for books, plants and", "It opens, closes and,",
        "Made for walkers because", "Brew it slowly. When it is ready you simply", "A bag for work. Carry it wherever",
        "It fits the hall. There is a hook for the keys, which", "Wash it at 30 and give it a",
        "这只杯子保温六小时，而且", "放在窗边的斗柜以及", "柜子很轻，",
    ],
)  # fmt: skip
def test_a_line_that_breaks_off_is_cut(line: str) -> None:
    assert cut_end(line) is not None


@pytest.mark.parametrize(
    "line",
    [
        "Spoon included, bench not", "A bed to stretch out on", "Rich in vitamin A", "A chair you've waited for",
        "Take it anywhere, wherever", "Fits a grade a", "Simply", "Say when", "Start with the pear.", "62 cm",
        "An end to it all", "“It lights the whole room”", "谁都可以参与", "春日暖和", "一壶两杯", "出门带上它", "",
    ],
)  # fmt: skip
def test_a_whole_line_without_a_full_stop_is_not_cut(line: str) -> None:
    assert cut_end(line) is None
