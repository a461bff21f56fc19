"""Sentences that know their words and figures, kept as records and said in the reader's language."""

import json
from copy import deepcopy

from keepers.core.told import Told, as_record, from_record, with_records, with_sentences


def test_a_sentence_is_kept_with_its_words_and_figures_and_comes_back_whole() -> None:
    words = ("%(file)s: %(lines)s line of 100 %% set aside.", "%(file)s: %(lines)s lines of 100 %% set aside.")
    one, two = (Told.of(*words, count, file="a %s.csv", lines=count) for count in (1, 2))
    assert (one, two) == ("a %s.csv: 1 line of 100 % set aside.", "a %s.csv: 2 lines of 100 % set aside.")
    for sentence in (one, two, Told.of("Nothing at 100 %%.")):
        back = from_record(json.loads(json.dumps(as_record(deepcopy(sentence)))))
        assert back == sentence
        assert as_record(back) == as_record(sentence)
    of_some = {"whom": Told.of("acquired since"), "told": Told.of(*words, 2, file="a", lines=2)}
    nested = Told.of("Customers %(whom)s: %(told)s", **of_some)
    assert nested == "Customers acquired since: a: 2 lines of 100 % set aside."
    account = {"warnings": (nested, "Kept as text."), "who": {"words": ["so"]}, "scores": [1.5, None]}
    back = with_sentences(json.loads(json.dumps(with_records(account))))
    assert back == account | {"warnings": list(account["warnings"])}
    assert as_record(back["warnings"][0].figures["told"]) == as_record(nested.figures["told"])
    ended = Told.of("As of %(day)s, 100 %%.", day="5 %").on_terminals("Pass --as-of %(day)s, 100 %%.")
    assert ended == "As of 5 %, 100 %. Pass --as-of 5 %, 100 %."
    assert (from_record(as_record(ended)), as_record(from_record(as_record(ended)))) == (ended, as_record(ended))
    assert as_record("Kept as text, 100 %.") == from_record("Kept as text, 100 %.") == "Kept as text, 100 %."
