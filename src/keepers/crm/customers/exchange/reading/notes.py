"""What is said of a table that was read, beside its figures: what does not fit, or was read in one way of several."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from keepers.crm.customers.exchange.reading.kept_rows import KeptReader
from keepers.crm.customers.exchange.reading.rows import Reader

MOST_NAMES = 5


def notes_on(reader: Reader | KeptReader) -> Iterator[str]:
    """The notes on a table, once it is read to its end."""
    yield from _on_unfit(reader)
    yield from _on_days(reader)
    yield from _on_shared_names(reader)
    if isinstance(reader, Reader):
        yield from _on_lists(reader)
    else:
        yield from _on_fields(reader)


def _on_unfit(reader: Reader | KeptReader) -> Iterator[str]:
    for header, unfit in reader.unfit.items():
        told = ngettext(
            'A cell of "%(header)s" does not fit and is left out: "%(example)s" in line %(line)s.',
            '%(count)s cells of "%(header)s" do not fit and are left out, such as "%(example)s" in line %(line)s.',
            unfit.count,
        )
        about = {"header": header, "example": unfit.example[:40], "line": unfit.lines[0]}
        yield told % {"count": f"{unfit.count:,}", **about}


def _on_days(reader: Reader | KeptReader) -> Iterator[str]:
    """How days were read that read both ways."""
    for header, told in reader.survey.read_as.items():
        about = {"header": header, "other": told.header, "table": told.table}
        if told.order == "mdy":
            yield _('Days of "%(header)s" are read month first, as "%(other)s" in %(table)s.') % about
        else:
            yield _('Days of "%(header)s" are read day first, as "%(other)s" in %(table)s.') % about


def _on_shared_names(reader: Reader | KeptReader) -> Iterator[str]:
    """Which names point to nobody, since several bear them."""
    for header, translation in reader.translations.items():
        for name, count in translation.met.most_common(MOST_NAMES):
            told = ngettext(
                '"%(name)s" is the name of %(bearers)s rows of %(table)s; a cell of "%(header)s" with it '
                "points to none.",
                '"%(name)s" is the name of %(bearers)s rows of %(table)s; %(count)s cells of "%(header)s" with it '
                "point to none.",
                count,
            )
            about = {"name": name, "bearers": f"{translation.bearers[name]:,}", "table": translation.table}
            yield told % {"header": header, "count": f"{count:,}", **about}
        rest = len(translation.met) - MOST_NAMES
        if rest > 0:
            told = ngettext(
                'So is it with another name in "%(header)s".',
                'So is it with %(count)s more names in "%(header)s".',
                rest,
            )
            yield told % {"header": header, "count": f"{rest:,}"}


def _on_lists(reader: Reader) -> Iterator[str]:
    for header, count in reader.beyond.items():
        told = ngettext(
            'The lists of "%(header)s" hold one more than has a place; it is left out.',
            'The lists of "%(header)s" hold %(count)s more than have a place; they are left out.',
            count,
        )
        if count:
            yield told % {"header": header, "count": f"{count:,}"}


def _on_fields(reader: KeptReader) -> Iterator[str]:
    """Which rows tell of more custom fields than are made, and so become none."""
    count = reader.unknown.total()
    told = ngettext(
        'A row is of a field, "%(example)s", for which there is no room; it is kept, and fills no custom field.',
        '%(count)s rows are of fields for which there is no room, such as "%(example)s"; they are kept, and fill no '
        "custom field.",
        count,
    )
    if count:
        yield told % {"count": f"{count:,}", "example": reader.unknown.most_common(1)[0][0][:40]}
