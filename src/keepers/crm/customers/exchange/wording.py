"""What tables, columns and outcomes are called on pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOUN_WORDS: Mapping[str, Promise] = {
    "organisations": _("Organisations"),
    "people": _("People"),
    "leads": _("Leads"),
    "users": _("Users, to whom customers belong"),
    "relations": _("Who belongs to whom"),
    "campaigns": _("Campaigns"),
    "products": _("Products"),
    "orders": _("Orders, kept as they are"),
    "deals": _("Deals"),
    "lines": _("Lines of orders or deals"),
    "tickets": _("Tickets"),
    "tasks": _("Tasks"),
    "activities": _("Calls, e-mails, meetings, notes"),
    "members": _("Who was in which campaign"),
    "other": _("Something else, kept as it is"),
}
PEOPLE_ROLES: Mapping[str, Promise] = {
    "id": _("Id in its system"),
    "name": _("Name"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "organisation_name": _("Name of the organisation"),
    "contact": _("Who speaks for the organisation"),
    "tells_kind": _("Person or organisation"),
    "email": _("E-mail"),
    "email_2": _("Second e-mail"),
    "email_3": _("Third e-mail"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "phone_home": _("Phone at home"),
    "phone_other": _("Another phone"),
    "phone_country": _("Country of the telephone numbers"),
    "fax": _("Fax"),
    "web": _("Web page"),
    "social": _("Social network"),
    "street_number": _("House number"),
    "street": _("Street"),
    "street_2": _("Second line of the street"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country"),
    "street_other": _("Other address: street"),
    "postal_code_other": _("Other address: postal code"),
    "city_other": _("Other address: city"),
    "region_other": _("Other address: region"),
    "country_other": _("Other address: country"),
    "owner": _("Owner"),
    "tags": _("Tags"),
    "acquired_by": _("Came by"),
    "acquired_on": _("Came on"),
    "stage": _("Stage of life"),
    "organisation": _("Works at"),
    "parent": _("Is part of"),
    "reports_to": _("Reports to"),
    "referred_by": _("Was brought by"),
    "converted_to": _("Became this contact"),
    "refuses_email": _("Refuses e-mail"),
    "refuses_phone": _("Refuses calls"),
    "refuses_letter": _("Refuses letters"),
    "refuses_sms": _("Refuses text messages"),
    "agrees_email": _("Agrees to e-mail"),
    "agrees_phone": _("Agrees to calls"),
    "agrees_letter": _("Agrees to letters"),
    "agrees_sms": _("Agrees to text messages"),
}
REFUSED_ROLES: Mapping[str, Promise] = {
    "refused:email": _("Word on e-mail: no, unless a row says yes"),
    "refused:phone": _("Word on calls: no, unless a row says yes"),
    "refused:letter": _("Word on letters: no, unless a row says yes"),
    "refused:sms": _("Word on text messages: no, unless a row says yes"),
}
KEPT_ROLES: Mapping[str, Promise] = {
    "id": _("Id in its system"),
    "title": _("What it is called"),
    "at": _("When"),
    "created": _("When it began"),
    "body": _("Text"),
    "status": _("State"),
    "outcome": _("Outcome"),
    "amount": _("Amount"),
    "kind": _("Kind"),
    "person": _("Person"),
    "organisation": _("Organisation"),
    "owner": _("Who did it"),
    "campaign": _("Campaign"),
    "minutes": _("Minutes"),
}
USER_ROLES: Mapping[str, Promise] = {
    "id": _("Id in its system"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
}
RELATION_ROLES: Mapping[str, Promise] = {
    "id": _("Id in its system"),
    "person": _("Person"),
    "organisation": _("Organisation"),
    "role": _("Role"),
    "since": _("Since"),
    "until": _("Until"),
}
NEW_FIELDS: Mapping[str, Promise] = {
    "new:text": _("New field: text"),
    "new:number": _("New field: number"),
    "new:money": _("New field: money"),
    "new:date": _("New field: date"),
    "new:choice": _("New field: one of a list"),
    "new:choices": _("New field: several of a list"),
    "new:yes-no": _("New field: yes or no"),
    "new:link": _("New field: link"),
}
KEY_WORDS: Mapping[str, Promise] = {
    "": _("The row itself: the same row is the same person"),
    "id": _("Id in its system"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "key": _("Customer id, as orders and Keepers have it"),
}


def roles_of(noun: str) -> Mapping[str, Promise]:
    """The roles that columns of a table may have, in words."""
    if noun in {"organisations", "people", "leads"}:
        return PEOPLE_ROLES
    return {"users": USER_ROLES, "relations": RELATION_ROLES}.get(noun, KEPT_ROLES)
