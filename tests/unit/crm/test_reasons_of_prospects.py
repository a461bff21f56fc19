"""Why a prospect is promising, in the words of a reader."""

from keepers.crm.portfolio.prospects.words import SENTENCES, in_words


def test_what_moves_the_worth_is_told_in_words_and_a_firms_own_names_stay() -> None:
    told = in_words("acquisition_source print: 1.3 times the usual worth; Shoe size 44: 0.8 times the usual worth")
    assert told == "came by print: 1.3 times the usual worth; Shoe size 44: 0.8 times the usual worth"
    assert in_words("acquisition_source web; fair: 1.3 times the usual worth").startswith("came by web; fair: ")
    assert in_words("city Ptuj: 2 times the usual worth") == "city Ptuj: 2 times the usual worth"
    assert all(in_words(reason) == str(words) for reason, words in SENTENCES.items())
