from keepers.ingest.sources.records import find_records


def records(text: str, width: int = 3) -> list[tuple[int, str]]:
    content = text.encode()
    found = find_records(content, delimiter=b",", width=width, last=True)
    return [
        (line, content[start:end].decode())
        for line, start, end in zip(found.lines.tolist(), found.starts.tolist(), found.ends.tolist(), strict=True)
    ]


def test_a_line_is_a_record() -> None:
    assert records("a,b,c\n1,2,3\n") == [(0, "a,b,c"), (1, "1,2,3")]
    assert records("a,b,c\n1,2,3") == [(0, "a,b,c"), (1, "1,2,3")]


def test_a_break_inside_quotes_does_not_end_a_record() -> None:
    assert records('1,"x\ny",3\n4,5,6\n') == [(0, '1,"x\ny",3'), (2, "4,5,6")]


def test_doubled_quotes_stay_inside() -> None:
    assert records('1,"say ""hi""\nthere",3\n4,5,6\n') == [(0, '1,"say ""hi""\nthere",3'), (2, "4,5,6")]


def test_a_quote_inside_a_plain_field_is_text() -> None:
    assert records('1,15" ruler,3\n4,27" screen,6\n') == [(0, '1,15" ruler,3'), (1, '4,27" screen,6')]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    assert records('1,"open,3\n4,5,6\n7,"x",9\n') == [(0, '1,"open,3'), (1, "4,5,6"), (2, '7,"x",9')]


def test_an_unfinished_record_waits_for_the_next_block() -> None:
    found = find_records(b'1,2,3\n4,"x\ny', delimiter=b",", width=3, last=False)
    assert (len(found.starts), found.rest) == (1, 6)


def test_fields_are_counted_outside_quotes() -> None:
    found = find_records(b'1,"a,b",3\n1,2\n', delimiter=b",", width=3, last=True)
    assert found.fields.tolist() == [3, 2]
