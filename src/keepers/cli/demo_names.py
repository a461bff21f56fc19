"""Made-up names for the anonymous customers of the demo's data: the same customer always gets the same name."""

from collections.abc import Iterable

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
