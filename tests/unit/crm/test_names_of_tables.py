"""What the names of tables say of their rows, and what they do not."""

from keepers.crm.customers.exchange.recognising.beginnings import without_beginnings
from keepers.crm.customers.exchange.recognising.headers import stem_of
from keepers.crm.customers.exchange.recognising.layout import Table


def test_what_all_names_begin_with_is_cut_also_with_accents_and_marks() -> None:
    for beginning in ("Müller_", "Übung_", "Żabka-", "’s_", "Groß ", "tab", "Groß_Müller_"):
        files = [f"{beginning}{what}.csv" for what in ("Kontakte", "Firmen", "Notizen", "Termine")]
        found = without_beginnings([Table(file, file) for file in (*files, "Extra.csv")])
        assert [stem_of(table) for table in found] == ["Kontakte", "Firmen", "Notizen", "Termine", "Extra"]
