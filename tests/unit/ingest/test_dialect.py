import pytest

from keepers.ingest.dialect import EmptyFileError, dialect_of, encoding_of, header_in, unique_headers


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("sep=;\na;b\n1;2\n", ";"),
    ],
)
def test_the_delimiter_is_the_one_that_splits_alike(text: str, delimiter: str) -> None:
    dialect = dialect_of(text.encode(), complete=True)
    assert dialect is not None
    assert (dialect.delimiter, dialect.headers) == (delimiter, ("a", "b"))


def test_a_delimiter_inside_quotes_does_not_count() -> None:
    dialect = dialect_of(b'a,b\n"1;2;3",x\n"4;5;6",y\n', complete=True)
    assert dialect is not None
    assert dialect.delimiter == ","


def test_text_without_columns_has_no_dialect() -> None:
    assert dialect_of(b"one\ntwo\nthree\n", complete=True) is None


def test_blanks_alone_are_an_empty_file() -> None:
    with pytest.raises(EmptyFileError):
        dialect_of(b"\n \n\n", complete=True)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"plain", "utf-8"),
        ("é".encode(), "utf-8"),
        ("\ufeffé".encode(), "utf-8-sig"),
        ("é".encode("utf-16"), "utf-16"),
        ("id,é\n".encode("utf-16-le"), "utf-16-le"),
        ("id,é\n".encode("utf-16-be"), "utf-16-be"),
        ("id,é\n".encode("cp1252"), "cp1252"),
        ("Søren Weiß, Köln\nZoë Lefèvre, Zürich\nFrançois García, Wien\n".encode("cp1252") * 9, "cp1252"),
        ("Črtomir Žnidaršič, Košaki\nBarbara Ženko, Šentjur pri Celju\n".encode("cp1250") * 9, "cp1250"),
        ("Győző Szőke, Erdőfű\nJános Nagy, Kőszeg\nZsófia Tűz, Hódmezővásárhely\n".encode("cp1250") * 9, "cp1250"),
        (
            "Zêta Besançon\nFrançoise Brûlé\nÅsa à Nîmes\nChâteau très gentil\nCécile Lefèvre\nBjørn\n".encode(
                "cp1252"
            ),
            "cp1252",
        ),
        (
            "Žižek Črnomelj\nŠkofja Loka\nKranjčič\nŽalec čez Šmartno\nMarija Šuštaršič\nGregorčič\n".encode("cp1250"),
            "cp1250",
        ),
    ],
)
def test_the_encoding_is_told_by_the_bytes(content: bytes, encoding: str) -> None:
    assert encoding_of(content) == encoding


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        ("Kovač Zupančič Potočnik", "cp1250"),
        ("Horvatić Marić Jurić", "cp1250"),
        ("Kamiński Zieliński Michał Różycki", "cp1250"),
        ("Brăila Mihăilă Ionuţ", "cp1250"),
        ("Dvořák Němec Růžička", "cp1250"),
        ("Szőke Győző Kőszegi", "cp1250"),
        ("Lefèvre Geneviève Noël Cœur", "cp1252"),
        ("Muñoz Ibáñez Peña", "cp1252"),
        ("Bjørn Næss Håkon", "cp1252"),
        ("João Simões Conceição", "cp1252"),
        ("Niccolò Cantù Lunedì", "cp1252"),
    ],
)
def test_names_tell_western_from_central_europe_also_among_many_german_ones(names: str, encoding: str) -> None:
    few, beside = ((some.replace(" ", "\n") + "\n").encode(encoding) for some in (names, "Müller Weiß Böhm " * 12))
    assert {encoding_of(few), encoding_of(few * 4 + beside)} == {encoding}


def test_the_header_stands_below_titles_and_comments() -> None:
    header = header_in([["Report"], [""], ["# x", "y", "z"], ["id", "date", "amount"], ["1", "2021-01-01", "5"]])
    assert (header.names, header.skip, header.has_header) == (("id", "date", "amount"), 4, True)


def test_a_first_row_with_data_is_no_header() -> None:
    header = header_in([["A1", "2021-01-01", "5"], ["A2", "2021-01-02", "6"]])
    assert (header.names, header.skip, header.has_header) == (("column 1", "column 2", "column 3"), 0, False)


def test_headers_can_be_told_apart() -> None:
    assert unique_headers(["id", " id", "", "a\nb"]) == ("id", "id (2)", "column 3", "a b")


def test_euro_signs_in_cp1252_are_not_taken_for_control_characters() -> None:
    rows = "".join(f"1000{at};Größe™ {at};04.01.23;€ 2.499,00;€ {at}.100,00\n" for at in range(60))
    sample = f"Bestellnummer;Kunde;Datum;Einzelpreis;Gesamtbetrag\n{rows}".encode("cp1252")
    assert sample.decode(encoding_of(sample)).count("€") == 120
