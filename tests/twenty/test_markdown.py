"""Somebody's text in Markdown, read by a parser as Twenty would read it."""

import pytest

from bridge.twenty.markdown import plain, quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Call back at 5.", "Call back at 5."),
        ("[Pay here](https://evil.example)", r"\[Pay here\](https://evil.example)"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("![x](https://evil.example/x.png)", r"!\[x\](https://evil.example/x.png)"),
        ("# Heading", r"\# Heading"),
        ("- one\n- two", "\\- one  \n\\- two"),
        ("1. one\n2) two", "1\\. one  \n2\\) two"),
        ("2 * 3_4", r"2 \* 3_4"),
        ("## Two", r"\## Two"),
        ("`code` \\ ~~gone~~ &lt;", r"\`code\` \\ ~~gone~~ &lt;"),
        ("+33612345678 - 5", "+33612345678 - 5"),
        ("", ""),
    ],
)
def test_plain(text: str, written: str) -> None:
    assert plain(text) == written


def test_quoted() -> None:
    assert quoted("One.\n\n# Two") == "> One.\n> \n> \\# Two"
