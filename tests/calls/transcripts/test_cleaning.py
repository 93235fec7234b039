"""A model's text made plain, also where a caller told the model to write otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.transcripts.cleaning import language_name, marked, numbers_in, plain, shortened

HOSTILE = {
    "a Markdown link": ("See [the offer](https://evil.example/x).", "See the offer."),
    "an image": ("![pixel](https://evil.example/p.gif) Hello", "pixel Hello"),
    "a bare link": ("Pay at https://evil.example/pay now", "Pay at […] now"),
    "a link in brackets": ("Pay (HTTP://evil.example).", "Pay […]"),
    "a script as a link": ("javascript:alert(1) Hello", "[…] Hello"),
    "mail and telephone": ("mailto:a@evil.example tel:+44900 Hello", "[…] […] Hello"),
    "without a scheme": ("Go to www.evil.example or evil.example/pay!", "Go to […] or […]"),
    "a path that is none": ("24/7 support and/or S.A./SARL etc.", "24/7 support and/or S.A./SARL etc."),
    "HTML": ("<script>alert(1)</script><b>Bold</b> <img src=x onerror=y>", "alert(1)Bold"),
    "HTML within HTML": ("<scr<b>ipt>Hello", "script>Hello"),
    "an open tag": ("<img src=x Hello", "img src=x Hello"),
    "a link in a link": ("[[a](b)](javascript:x)", "[a] […]"),
    "a link that emphasis hides": ("[a]**(evil)", "a"),
    "a tag that emphasis hides": ("<*b>Hello <`img src=x", "Hello img src=x"),
    "a tag behind others": ("<<<img src=x", "img src=x"),
    "less and more": ("3 < 5 and a > b", "3 < 5 and a > b"),
    "headings and lists": ("## - 1. **Send** `the` ~~old~~ __offer__", "Send the old offer"),
    "a quotation": ("> quoted", "quoted"),
    "several lines": ("one\r\n\r\ntwo\tthree\u2028four", "one two three four"),
    "reversed text": ("pay \u202e0001\u202c EUR \u2066now\u2069", "pay 0001 EUR now"),
    "invisible text": ("a\u200bb\ufeff\u00ad\U000e0041c\x00\x1b[31md\ud800", "abc[31md"),
    "emoji and Persian": ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
    "nothing": (" \u200b\n", ""),
}


@pytest.mark.parametrize(("text", "clean"), HOSTILE.values(), ids=HOSTILE)
def test_links_markup_and_invisible_characters_are_taken_out(text: str, clean: str) -> None:
    assert plain(text, longest=200) == clean


def test_a_long_text_is_cut_at_a_word() -> None:
    assert plain("word " * 1_000_000, longest=20) == "word word word…"
    assert plain("x" * 1_000_000, longest=20) == "x" * 19 + "…"


@given(st.text())
def test_plain_text_is_one_line_without_tags_and_stays_as_it_is(text: str) -> None:
    once = plain(text, longest=400)
    assert not set("\n\r\x00\u202e") & set(once)
    assert "://" not in once
    assert len(once) <= 400


@given(st.lists(st.sampled_from(["[", "](", "]", "(", ")", "<", ">", "*", "__", "`", "a", "!", "</a>"])))
def test_nothing_that_is_taken_out_makes_a_link_or_a_tag_of_the_rest(parts: list[str]) -> None:
    left = plain("".join(parts), longest=400)
    assert not [markup for markup in ("](", "<a", "</", "<!", "*", "`") if markup in left]


def test_a_number_that_was_not_heard_is_marked() -> None:
    heard = numbers_in(["It costs 1 200 euros, on 22 11 2026, call 01 59 13 00 01."])
    said = {
        "It costs 1200 euros.": "It costs 1200 euros.",
        "It costs 1,200 euros.": "It costs 1,200 euros.",
        "On 2026-11-22.": "On 2026-11-22.",
        "Call 0159130001.": "Call 0159130001.",
        "It costs 9900 euros.": "It costs 9900 (?) euros.",
        "Call 0899 70 01 75 now": "Call 0899 70 01 75 (?) now",
        "In 3 days": "In 3 days",
    }
    assert {text: marked(text, heard) for text in said} == said


def test_a_language_has_a_name() -> None:
    for name in ("fr", "pt-BR", "english", "Haitian Creole", "français"):
        assert language_name(f" {name} ") == name
    for other in ("<script>", "a" * 41, "06 39 98 00 01", "en\x00"):
        assert language_name(other) == ""


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        *((f"{scheme}x", "[…]") for scheme in ("data:", "sms:", "vbscript:", "file:", "callto:", "sip:")),
        *((f"Say {scheme}x now", "Say […] now") for scheme in ("JavaScript:", "MAILTO:", "Tel:", "WWW.")),
        *((f"{opens}tel:1", "[…]") for opens in "([{\"'«“‘.,;:!?"),
        ("a tel:1", "a […]"),
        ("hotel:1", "hotel:1"),
        # A path is below a host, whose last part has letters, and more than one.
        ("example.com/pay", "[…]"),
        ("“example.com/pay”", "[…]"),
        ("example.com/", "[…]"),
        ("example.c/pay", "example.c/pay"),
        ("example.1com/pay", "example.1com/pay"),
        ("example/pay.com", "example/pay.com"),
        ("10.5/20", "10.5/20"),
        ("example.com", "example.com"),
        ("###### Title", "Title"),
        ("####### Title", "####### Title"),
        ("- * + > • 12. 3) one", "one"),
        ("1234. one", "1234. one"),
        ("-one", "-one"),
        ("</p>one<!x>", "one"),
        ("1 <2 >3", "1 <2 >3"),
        ("a_b __c__ ~d ~~e", "a_b c ~d e"),
        ("``a`` ***b***", "a b"),
    ],
)
def test_what_is_a_link_or_markup(text: str, clean: str) -> None:
    assert plain(text, longest=200) == clean


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("one two", 7, "one two"),
        ("one two", 6, "one…"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one…"),
        ("onetwo", 5, "onet…"),
        ("onetwo", 6, "onetwo"),
    ],
)
def test_where_a_text_is_cut(text: str, longest: int, short: str) -> None:
    assert (shortened(text, longest), plain(text, longest=longest)) == (short, short)


def test_of_a_long_text_eight_times_what_is_shown_is_read() -> None:
    assert plain("\u200b" * 79 + "a", longest=10) == "a"
    assert plain("\u200b" * 80 + "a", longest=10) == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("1.234,5", "1.234,5"),
        ("12345", "12345"),
        # By its parts, where it has several; one digit is no number.
        ("1-234", "1-234"),
        ("234 7", "234 7 (?)"),
        ("234", "234"),
        ("23", "23 (?)"),
        ("9", "9"),
        ("99", "99 (?)"),
        ("1’234/5", "1’234/5"),
        ("1\u202f234:5", "1\u202f234:5"),
        ("12  34", "12 (?)  34 (?)"),
    ],
)
def test_which_numbers_were_heard(said: str, shown: str) -> None:
    heard = numbers_in(["1 234 5", "none"])
    assert heard == {"12345", "1", "234", "5"}
    assert marked(f"{said}.", heard) == f"{shown}."


def test_a_languages_name_has_forty_characters() -> None:
    assert [language_name(name) for name in ("x" * 40, "x" * 41, "pt_BR", "", "d'oc")] == [
        "x" * 40,
        "",
        "pt_BR",
        "",
        "",
    ]
