"""Small exports of six databases that nothing here was made for, their tables named and joined as each has it.

The headers are those of CiviCRM, Dolibarr, Mautic, ERPNext, SuperOffice and EspoCRM; the rows are made up.
"""

# ruff: noqa: E501  # headers of files stay rows

import csv
import io
from collections.abc import Sequence

PEOPLE = (("Jürgen", "Böhm"), ("Käthe", "Größe"), ("Óscar", "O'Neill"), ("Cécile", "Lefèvre"), ("Françoise", "Brûlé"), ("Åsa", "Ångström"))  # fmt: skip
FIRMS = ("Alpha GmbH", "Bäckerei Öhler", "Épicerie; Zêta SARL")
STAFF = (("Alice", "Adler", "alice@example.com"), ("Zoe", "Far", "zoe@elsewhere.com"))
DAYS = ("2024-01-22 08:00:00", "2024-01-23 09:00:00", "2024-02-24 10:00:00", "2024-02-25 11:00:00", "2024-03-26 12:00:00", "2024-03-27 13:00:00")  # fmt: skip


def _table(header: str, rows: Sequence[Sequence[object]], *, mark: str = ",") -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=mark).writerows([header.split(), *rows])
    return written.getvalue()


def of_contacts_of_all_kinds() -> dict[str, str]:
    """As CiviCRM: one table of people, organisations and households; all else of them in tables of its own."""
    firm, person, staff = 1, 11, 21
    contacts = [
        *((firm + n, "Organization", name, "", "", name, "", 0) for n, name in enumerate(FIRMS)),
        *((person + n, "Individual", f"{first} {last}", first, last, FIRMS[n % 3], firm + n % 3, int(n == 5)) for n, (first, last) in enumerate(PEOPLE)),
        (20, "Household", "Haus Böhm", "", "", "", "", 0),
        *((staff + n, "Individual", f"{first} {last}", first, last, "", "", 0) for n, (first, last, _email) in enumerate(STAFF)),
    ]  # fmt: skip
    everybody = [*range(firm, firm + 3), *range(person, person + 6)]
    return {
        "civicrm_contact.csv": _table("id contact_type display_name first_name last_name organization_name employer_id is_deleted", contacts),
        "civicrm_email.csv": _table("id contact_id location_type_id email is_primary", [(n, of, 1 + n % 2, f"p{of}-{n}@example.org", int(n < 9)) for n, of in enumerate([*everybody, person])]),
        "civicrm_phone.csv": _table("id contact_id location_type_id is_primary phone phone_numeric phone_type_id", [(n, of, 1, 1, f"+43 664 1000{of:03d}", f"436641000{of:03d}", 1) for n, of in enumerate(everybody)]),
        "civicrm_address.csv": _table("id contact_id location_type_id is_primary street_address city postal_code country_id", [(n, of, 1 + n % 2, int(n != 9), f"Mühlweg {n}", "Graz" if n % 2 else "Wien", f"80{n:02d}" if n else "", 1014) for n, of in enumerate([*everybody, person])]),
        "civicrm_country.csv": _table("id name iso_code", [(1014, "Austria", "AT"), (1082, "Germany", "DE")]),
        "civicrm_location_type.csv": _table("id name vcard_name is_active", [(1, "Home", "HOME", 1), (2, "Work", "WORK", 1)]),
        "civicrm_website.csv": _table("id contact_id url website_type_id", [(n, firm + n, f"https://firm{n}.example.org", 1) for n in range(3)]),
        "civicrm_tag.csv": _table("id name label", [(1, "VIP", "VIP"), (2, "Messe", "Messe")]),
        "civicrm_entity_tag.csv": _table("id entity_table entity_id tag_id", [(n, "civicrm_contact", person + n, 1 + n % 2) for n in range(4)]),
        "civicrm_financial_type.csv": _table("id name is_active", [(1, "Donation", 1), (2, "Dues", 1)]),
        "civicrm_contribution.csv": _table("id contact_id financial_type_id receive_date total_amount currency", [(n, person + n, 1, DAYS[n], f"{n}2.50", "EUR") for n in range(3)]),
        "civicrm_case.csv": _table("id case_type_id subject start_date status_id", [(n, 1, f"Fall {n}", DAYS[n], 1) for n in range(1, 3)]),
        "civicrm_case_contact.csv": _table("id case_id contact_id", [(n, n, person + n) for n in range(1, 3)]),
        "civicrm_activity.csv": _table("id activity_type_id subject activity_date_time details", [(n, 1 + n % 2, f"Gespräch {n}", DAYS[n], "Grüße") for n in range(5)]),
        "civicrm_activity_contact.csv": _table("id activity_id contact_id record_type_id", [(2 * n + part, n, of, 2 + part) for n in range(5) for part, of in enumerate((staff, person + n))]),
        "civicrm_note.csv": _table("id entity_table entity_id note contact_id note_date subject", [(n, "civicrm_contact", person + n, "Mag blau", staff, DAYS[n], f"Notiz {n}") for n in range(3)]),
        "civicrm_relationship_type.csv": _table("id name_a_b label_a_b name_b_a label_b_a is_active", [(4, "Sibling of", "Sibling of", "Sibling of", "Sibling of", 1), (5, "Employer of", "Employer of", "Employee of", "Employee of", 1), (7, "Member", "Household Member of", "Is", "Household Member is", 1)]),
        "civicrm_relationship.csv": _table("id contact_id_a contact_id_b relationship_type_id start_date end_date is_active", [(1, person, person + 3, 4, "2020-01-02", "", 1), (2, firm + 2, person, 5, "", "2023-12-31", 0), (3, person, 20, 7, "", "", 1), (4, person + 1, person + 3, 4, "", "", 0)]),
        "civicrm_im.csv": _table("id contact_id name", []),
    }  # fmt: skip


def in_french() -> dict[str, bytes]:
    """As Dolibarr, in the letters of Western Europe: `fk_soc`, 22/01/2024, 1234,50, lists of what numbers are called."""
    day = tuple(f"{at[8:10]}/{at[5:7]}/{at[:4]} {at[11:16]}" for at in DAYS)
    numbers = range(6)
    found = {
        "llx_user.csv": _table("rowid entity login lastname firstname email", [(n + 1, 1, first.lower(), last, first, email) for n, (first, last, email) in enumerate(STAFF)], mark=";"),
        "llx_societe.csv": _table("rowid nom entity code_client address zip town fk_pays phone url client datec", [(n + 1, name, 1, f"CU{n}", f"{n} rue de l'Église", f"6900{n}", "Besançon", 1, f"04 78 00 00 0{n}", f"https://firm{n}.example.org", 1, day[n]) for n, name in enumerate(FIRMS)], mark=";"),
        "llx_socpeople.csv": _table("rowid datec fk_soc civility lastname firstname town phone_mobile email", [(n + 1, day[n], n % 3 + 1, "MME", last, first, "Nîmes", f"06 12 34 56 0{n}", f"p{n}@example.org") for n, (first, last) in enumerate(PEOPLE)], mark=";"),
        "llx_societe_commerciaux.csv": _table("rowid fk_soc fk_user", [(n + 1, n + 1, 1 + n % 2) for n in range(3)], mark=";"),
        "llx_societe_extrafields.csv": _table("rowid tms fk_object secteur machines", [(n + 1, day[n], n + 1, "Textile", 40 + n) for n in range(3)], mark=";"),
        "llx_c_actioncomm.csv": _table("id code type libelle", [(1, "AC_TEL", "system", "Appel téléphonique"), (4, "AC_EMAIL", "system", "Envoi")], mark=";"),
        "llx_actioncomm.csv": _table("id datep fk_action datec fk_user_author fk_soc fk_contact label note", [(n + 1, day[n], 1, day[n], 1, n % 3 + 1, n + 1 if n % 2 else "", f"Appel n° {n}", "Très intéressé") for n in numbers], mark=";"),
        "llx_commande.csv": _table("rowid ref fk_soc datec date_commande fk_statut total_ht total_ttc", [(n + 1, f"CO24-{n}", n % 3 + 1, day[n], day[n], 1, f"{n}000,50", f"{n}200,60") for n in numbers], mark=";"),
        "llx_facture.csv": _table("rowid ref fk_soc datec datef fk_statut total_ht total_ttc", [(n + 1, f"FA24-{n}", n % 3 + 1, day[n], day[n], 2, f"{n}000,50", f"{n}200,60") for n in numbers], mark=";"),
        "llx_categorie.csv": _table("rowid fk_parent label type", [(1, 0, "Fidèle", 2), (2, 0, "Salon", 2)], mark=";"),
        "llx_categorie_societe.csv": _table("fk_categorie fk_soc import_key", [(1 + n % 2, n + 1, "") for n in range(3)], mark=";"),
        "llx_ticket.csv": _table("rowid ref track_id fk_soc subject message datec", [(n + 1, f"TS24-{n}", f"x{n}y", n + 1, f"Panne {n}", "Ça ne marche pas", day[n]) for n in range(3)], mark=";"),
        "llx_element_contact.csv": _table("rowid datecreate element_id fk_c_type_contact fk_socpeople", [(n + 1, day[n], n + 1, 160, n + 1) for n in range(4)], mark=";"),
        "llx_fichinter.csv": _table("rowid fk_soc ref datec", [], mark=";"),
    }  # fmt: skip
    return {name: text.encode("cp1252") for name, text in found.items()}


def of_marketing() -> dict[str, str]:
    """As Mautic: `companycity` in one word, lists and tags of leads, and who must not be written to, in tables of their own."""
    return {
        "users.csv": _table("id username first_name last_name email", [(n + 1, first.lower(), first, last, email) for n, (first, last, email) in enumerate(STAFF)]),
        "companies.csv": _table("id owner_id companyname companyemail companyaddress1 companycity companyzipcode companycountry companyphone companywebsite", [(n + 1, 1, name, f"info{n}@example.org", f"Mühlweg {n}", "Graz", f"801{n}", "Austria", f"+43 316 80000{n}", f"https://firm{n}.example.org") for n, name in enumerate(FIRMS)]),
        "leads.csv": _table("id owner_id date_added firstname lastname company email mobile city", [(n + 1, 1, DAYS[n], first, last, FIRMS[n % 3], f"p{n}@example.org", f"+43 664 100000{n}", "Wien") for n, (first, last) in enumerate(PEOPLE)]),
        "companies_leads.csv": _table("company_id lead_id date_added is_primary", [(n % 3 + 1, n + 1, DAYS[n], 1) for n in range(6)]),
        "lead_tags.csv": _table("id tag", [(1, "VIP"), (2, "Messe")]),
        "lead_tags_xref.csv": _table("lead_id tag_id", [(n + 1, 1 + n % 2) for n in range(6)]),
        "lead_donotcontact.csv": _table("id lead_id date_added reason channel comments", [(1, 1, DAYS[0], 1, "email", "User unsubscribed."), (2, 1, DAYS[1], 3, "sms", ""), (3, 2, DAYS[2], 2, "email", "")]),
        "Newsletter-Abmeldungen.csv": _table("E-Mail Datum Grund", [("p3@example.org", "22.01.2024", "zu oft"), ("nobody@example.org", "23.01.2024", "")], mark=";"),
        "lead_lists.csv": _table("id date_added name alias", [(1, DAYS[0], "Österreich", "oe"), (2, DAYS[1], "Neue", "neue")]),
        "lead_lists_leads.csv": _table("leadlist_id lead_id date_added", [(1, n + 1, DAYS[n]) for n in range(6)]),
        "lead_points_change_log.csv": _table("id lead_id type event_name delta date_added", [(n, n + 1, "email", "2: Angebot", 5, DAYS[n]) for n in range(6)]),
        "page_hits.csv": _table("id lead_id date_hit country city url", [(n, n + 1, DAYS[n], "Austria", "Linz", "https://www.example.org/") for n in range(6)]),
    }  # fmt: skip


def of_names_as_ids() -> dict[str, str]:
    """As ERPNext: `name` is the id, `customer_name` the name; a table of links says who belongs where."""
    contacts = [f"{first} {last}-{FIRMS[n % 3]}" for n, (first, last) in enumerate(PEOPLE)]
    firms = [f"CUST-2024-{n:05d}" for n in range(4)]
    link = "name owner modified_by parent parenttype link_doctype link_name link_title"
    return {
        "User.csv": _table("name email first_name last_name full_name", [(email, email, first, last, f"{first} {last}") for first, last, email in STAFF]),
        "Customer.csv": _table("name owner modified_by customer_name customer_type customer_primary_address", [(firms[n], STAFF[n % 2][2], STAFF[0][2], name, "Company", f"{name}-Billing") for n, name in enumerate(FIRMS)] + [(firms[3], STAFF[0][2], STAFF[0][2], "Privat Kos", "Individual", "")]),
        "Contact.csv": _table("name owner modified_by first_name last_name full_name email_id", [(contacts[n], STAFF[0][2], STAFF[0][2], first, last, f"{first} {last}", f"p{n}@example.org") for n, (first, last) in enumerate(PEOPLE)]),
        "Address.csv": _table("name owner modified_by address_title address_type address_line1 city country pincode", [(f"{name}-Billing", STAFF[0][2], STAFF[0][2], name, "Billing", f"Mühlweg {n}", "Graz", "Austria", f"801{n}") for n, name in enumerate(FIRMS)]),
        "Dynamic Link.csv": _table(link, [(f"dl{n}", STAFF[0][2], STAFF[0][2], contacts[n], "Contact", "Customer", firms[n % 3], FIRMS[n % 3]) for n in range(6)]),
        "Sales Order.csv": _table("name owner title customer transaction_date grand_total", [(f"SAL-ORD-{n}", STAFF[0][2], f"Auftrag {n}", firms[n % 3], DAYS[n], 900) for n in range(6)]),
        "Sales Order Item.csv": _table("name parent item_name qty rate amount", [(f"soi{n}", f"SAL-ORD-{n}", "Webstuhl", 1, 900, 900) for n in range(6)]),
        "Customer Group.csv": _table("name customer_group_name is_group", [("Commercial", "Commercial", 0), ("Individual", "Individual", 0)]),
    }  # fmt: skip


def of_firms_called_contacts() -> dict[str, str]:
    """As SuperOffice: a contact is a firm, a person points to it, and an associate looks after both; days in the names."""
    found = {
        "CONTACT": _table("contact_id name department associate_id country_id registered", [(n + 1, name, "", 1 + n % 2, 40, DAYS[n]) for n, name in enumerate(FIRMS)]),
        "PERSON": _table("person_id contact_id firstname lastname title registered", [(n + 1, n % 3 + 1, first, last, "Leiter", DAYS[n]) for n, (first, last) in enumerate(PEOPLE)]),
        "ASSOCIATE": _table("associate_id name person_id email fullName", [(n + 1, first[:3].upper(), "", email, f"{first} {last}") for n, (first, last, email) in enumerate(STAFF)]),
        "EMAIL": _table("email_id contact_id person_id registered_associate_id email_address", [(n + 1, 0, n + 1, 1, f"p{n}@example.org") for n in range(6)] + [(n + 7, n + 1, 0, 2, f"info{n}@example.org") for n in range(3)]),
        "COUNTRY": _table("country_id name zip_prefix", [(40, "Österreich", "A"), (276, "Deutschland", "D")]),
        "APPOINTMENT": _table("appointment_id contact_id person_id associate_id registered do_by type text_id", [(n + 1, n % 3 + 1, n + 1, 1 + n % 2, DAYS[n], DAYS[n], 1, n + 1) for n in range(6)]),
        "TEXT": _table("text_id type owner_id text", [(n + 1, 1, n + 1, f"Über Webstühle {n}") for n in range(6)]),
        "SALE": _table("sale_id contact_id person_id associate_id heading amount saledate", [(n + 1, n % 3 + 1, n + 1 if n % 2 else 0, 1, f"Verkauf {n}", "1.234,50", DAYS[n]) for n in range(6)]),
        "TICKET": _table("ticket_id title created_at cust_id owned_by", [(n + 1, f"Störung {n}", DAYS[n], n + 1, 1 + n % 2) for n in range(6)]),
    }  # fmt: skip
    return {f"{name}_2024-05-01.csv": text for name, text in found.items()}


def of_tables_in_between() -> dict[str, str]:
    """As EspoCRM: addresses and numbers by way of a table that says whose each is, of whichever kind; so are calls."""
    firms, people, staff, mails, phones, calls = (
        [f"{kind}{n:x}c0ffee{n:04x}" for n in range(9)] for kind in ("a", "b", "c", "d", "e", "f")
    )
    owners = [
        *((firm, "Account") for firm in firms[:3]),
        *((person, "Contact") for person in people[:4]),
        *((user, "User") for user in staff[:2]),
    ]
    addresses = [
        *(f"info{n}@example.org" for n in range(3)),
        *(f"p{n}@example.org" for n in range(4)),
        *(email for _first, _last, email in STAFF),
    ]
    parents = [(firms[0], "Account"), (people[1], "Contact"), (firms[2], "Account"), (people[3], "Contact")]
    return {
        "user.csv": _table("id deleted user_name type first_name last_name", [(staff[n], 0, email, "regular", first, last) for n, (first, last, email) in enumerate(STAFF)]),
        "account.csv": _table("id name deleted created_at assigned_user_id", [(firms[n], name, 0, DAYS[n], staff[n % 2]) for n, name in enumerate(FIRMS)]),
        "contact.csv": _table("id deleted first_name last_name do_not_call account_id assigned_user_id", [(people[n], 0, *PEOPLE[n], int(n == 3), firms[n % 3], staff[0]) for n in range(4)]),
        "account_contact.csv": _table("id account_id contact_id role is_inactive deleted", [(n, firms[n % 3], people[n], "", 0, 0) for n in range(4)] + [(8, firms[1], people[0], "Board", 0, 0), (9, firms[2], people[0], "", 1, 0)]),
        "email_address.csv": _table("id name deleted lower invalid opt_out", [(mails[n], mail, 0, mail, 0, int(n == 4)) for n, mail in enumerate(addresses)]),
        "entity_email_address.csv": _table("id entity_id email_address_id entity_type primary deleted", [(n + 1, of, mails[n], kind, 1, 0) for n, (of, kind) in enumerate(owners)]),
        "phone_number.csv": _table("id name deleted type numeric opt_out", [(phones[n], f"+43 664 100{n:04d}", 0, "Mobile", f"43664100{n:04d}", int(n == 5)) for n in range(7)]),
        "entity_phone_number.csv": _table("id entity_id phone_number_id entity_type primary deleted", [(n + 1, of, phones[n], kind, 1, 0) for n, (of, kind) in enumerate(owners[:7])]),
        "case.csv": _table("id name deleted number status account_id contact_id created_at", [(calls[n + 4], f"Loom {n} stopped", 0, n + 1, "New", firms[n], people[n], DAYS[n]) for n in range(2)]),
        "call.csv": _table("id name deleted status date_start parent_id parent_type account_id assigned_user_id", [(calls[n], f"Call {n}", 0, "Held", DAYS[n], of, kind, "", staff[n % 2]) for n, (of, kind) in enumerate(parents)]),
        "call_contact.csv": _table("id call_id contact_id status deleted", [(1, calls[0], people[0], "Accepted", 0)]),
        "call_user.csv": _table("id call_id user_id status deleted", [(n, calls[n], staff[n % 2], "Accepted", 0) for n in range(4)]),
    }  # fmt: skip
