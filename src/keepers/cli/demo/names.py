"""Made-up names for the anonymous customers of the demo's data: the same customer always gets the same name."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_FIRST = (
    "Ada Alma Amir Ana Anton Aria Arne Bela Boris Cara Carl Cleo Dana Dario Dina Edda Egon Elia Emil Enya "
    "Ezra Fay Felix Flora Gaia Gus Hana Hugo Ida Igor Ilse Ines Ivo Jana Jonas Juno Kaja Kian Lea Leo "
    "Lina Luka Mara Milo Nora Oskar Petra Quinn Rosa Tito"
)
_LAST = (
    "Abel Adler Bach Barta Bauer Berg Blum Brandt Cerar Costa Dahl Diaz Egger Faro Fink Frey Gallo Graf "
    "Haas Hahn Horvat Jansen Jelen Kern Klein Kolar Kovac Kranjc Lang Lenz Lind Maier Marin Moretti Novak "
    "Olsen Oman Pavlin Petek Popov Rossi Roth Sever Silva Stern Turk Urban Vidal Weiss Zajc"
)
_CITIES = (
    "Cincinnati",
    "Columbus",
    "Dayton",
    "Indianapolis",
    "Knoxville",
    "Lexington",
    "Louisville",
    "Memphis",
    "Nashville",
    "Toledo",
)
_STRIDE = 1009  # prime, so that neighbours in the list of customers do not share a surname


def made_up_names(customers: Iterable[str]) -> dict[str, str]:
    """A name for each customer; unique up to 2,500 customers, numbered after that."""
    names = {}
    first, last = _FIRST.split(" "), _LAST.split(" ")
    places = len(first) * len(last)
    for position, customer in enumerate(sorted(customers)):
        place = position * _STRIDE % places
        number = f" {position // places + 1}" if position >= places else ""
        names[customer] = f"{first[place % len(first)]} {last[place // len(first)]}{number}"
    return names


def attributes_of(customer_ids: Sequence[str]) -> "pa.Table":
    """A made-up name, e-mail address and city for each customer, in the columns of `customer_attributes`."""
    import pyarrow as pa

    names = made_up_names(customer_ids)
    ids = list(names)
    return pa.table(
        {
            "external_id": pa.array(ids, pa.string()),
            "name": pa.array(names.values(), pa.string()),
            "email": pa.array([_address(name) for name in names.values()], pa.string()),
            "city": pa.array([_CITIES[place % len(_CITIES)] for place in range(len(ids))], pa.string()),
            "country": pa.array(["United States"] * len(ids), pa.string()),
        }
    )


def _address(name: str) -> str:
    first, *rest = name.lower().split(" ")
    return f"{first}.{''.join(rest)}@example.com"
