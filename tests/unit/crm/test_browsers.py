import pytest

from keepers.crm.people.sign_in.browsers import in_words

LINES = {
    "Mozilla/5.0 (X11; Linux x86_64) (KHTML, like Gecko) Chrome/126.0 Safari/537.36": "Chrome on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0": "Edge on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox on macOS",
    "curl/8.5.0": "curl/8.5.0",
    "": "",
}


@pytest.mark.parametrize(("line", "words"), LINES.items())
def test_a_browser_is_told_in_words(line: str, words: str) -> None:
    assert in_words(line) == words
