"""Whether one-byte text is of Western or of Central Europe: told by the letters beside each byte that differs.

Lists of names hold too few words for what tells languages by their words. But `Kovaè` is no word of any language that
has an è, nor is `Bjřrn` one with an ř: such letters follow vowels, or stand before them, in one of the two readings.
"""

import re

WESTERN, CENTRAL = "cp1252", "cp1250"
_VOWELS = "aeiouyáéíóúýäöüâêîô"
_TELLING = "èæñãõøòìùïþðœåà"  # beyond these, what differs is as likely in both, as ê and ę, or no letter in Western
_SHARED = "šž"  # stands at one place in both, but is of Central Europe
# What is of Central Europe, as it reads in Western Europe.
_CENTRAL_EUROPE = re.compile(
    rf"""
      (?<=[aeouyáéíóúý])è | (?<=i)è\b | è(?=[{_VOWELS}]) | \bè    # Kovač, Božič, Kučera, Čuk; but not Lefèvre, Rivière
    | (?<=[{_VOWELS}])æ | æ(?=[{_VOWELS}])                        # Horvatić; but not Næss
    | ñ(?![{_VOWELS}])                                            # Kamiński; but not Muñoz
    | ã(?![oe]) | õ(?!e)                                          # Brăila, Szőke; but not João, Simões
    | ø(?=[aeiuáéíóú]) | (?<=[{_VOWELS}])ø\b                      # Dvořák, Kolář; but not Bjørn
    | (?<=[{_VOWELS}])ò | ò(?=[{_VOWELS}])                        # Plzeň; but not Niccolò
    | ì(?=\w) | ù(?=\w)                                           # Němec, Růžička; but not Cantù
    | (?<![{_VOWELS}])ï | ï(?=[aeiou])                            # Ďuriš, Naďa; but not Loïc
    | (?<=\w)þ | \bð                                              # Ionuţ, Đurić; but not Þórður
    | œ(?!u)                                                      # Święcicki; but not Cœur
    | (?<!\d)[³¹£ºª¯](?=[^\W\d_]) | (?<=[^\W\d_]{{3}})[³¹º]       # Michał, Łukasz; but not m³ and 1ºB
    | (?<=[^\W\d_])[¿¾](?=[^\W\d_])                               # Różycki; but not ¿Qué?
    """,
    re.VERBOSE,
)


def western_or_central(written: bytes) -> str:
    """The encoding of the two in which more letters stand where languages put them; Western where neither has more."""
    text = written.decode(WESTERN, errors="replace")
    if text == written.decode(CENTRAL, errors="replace"):
        return WESTERN
    text = text.lower()
    central = _CENTRAL_EUROPE.findall(text)
    western = sum(map(text.count, _TELLING)) - sum(letter in _TELLING for letter in central)
    if len(central) == western:
        return CENTRAL if any(letter in text for letter in _SHARED) else WESTERN
    return CENTRAL if len(central) > western else WESTERN
