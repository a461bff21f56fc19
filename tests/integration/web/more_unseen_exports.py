"""Small whole exports of three systems that nothing here was made for: one names the parts of what it puts together and
counts money in millionths; one points by names, and writes days and money as its user does; one keeps tables of a database.

The headers are those of Twenty's tables, of Vtiger's lists and of Bitrix24's database; the rows are made up.
"""

# ruff: noqa: E501  # headers of files stay rows

import csv
import io
from collections.abc import Iterable, Mapping
from uuid import NAMESPACE_DNS, uuid5

Rows = Iterable[Mapping[str, object]]
PEOPLE = (("Jürgen", "Böhm"), ("Käthe", "Žižek"), ("Óscar", "O'Neill"), ("Tímea", "Größe"))
FIRMS = ("Alpha GmbH", "Bäckerei Öhler", "Gamma")


def _text(header: str | list[str], rows: Rows) -> str:
    """A table as text; cells that a row does not name are empty."""
    written = io.StringIO()
    writer = csv.DictWriter(written, header.split() if isinstance(header, str) else header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _id(kind: str, number: int) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{kind}{number}"))


def of_parts_put_together() -> dict[str, str]:
    """As Twenty's tables: `nameFirstName`, `amountAmountMicros`, thrown away where `deletedAt` is filled."""
    base, made = "id createdAt deletedAt ", " position createdByWorkspaceMemberId createdByName searchVector"

    def row(kind: str, number: int, **cells: object) -> dict[str, object]:
        day = f"2024-01-{number + 20:02d} 08:00:00.123+00"
        return {"id": _id(kind, number), "createdAt": day, **cells}

    by = {
        "position": 1,
        "createdByWorkspaceMemberId": _id("member", 0),
        "createdByName": "Alice",
        "searchVector": "'x':1",
    }
    staff = (("Alice", "Adler", "alice@example.com"), ("Zoe", "Far", "zoe@elsewhere.com"))
    about = "personId companyId opportunityId"
    return {
        "workspaceMember.csv": _text(base + "colorScheme userEmail userId nameFirstName nameLastName", [
            row("member", n, colorScheme="Light", userEmail=email, userId=_id("user", n), nameFirstName=first, nameLastName=last)
            for n, (first, last, email) in enumerate(staff)
        ]),
        "company.csv": _text(base + "name domainNamePrimaryLinkUrl addressAddressStreet1 addressAddressCity linkedinLinkPrimaryLinkUrl annualRecurringRevenueAmountMicros" + made + " accountOwnerId", [
            row("company", n, **by, name=name, domainNamePrimaryLinkUrl=f"https://firm{n}.example.com", addressAddressStreet1=f"Mühlweg {n + 1}", addressAddressCity="Graz",
                linkedinLinkPrimaryLinkUrl=f"https://linkedin.com/company/f{n}", annualRecurringRevenueAmountMicros=(n + 1) * 1_500_000_000, accountOwnerId=_id("member", n % 2), deletedAt="2024-02-01 08:00:00+00" if n == 2 else "")
            for n, name in enumerate(FIRMS)
        ]),
        "person.csv": _text(base + "nameFirstName nameLastName emailsPrimaryEmail emailsAdditionalEmails linkedinLinkPrimaryLinkUrl phonesPrimaryPhoneNumber phonesPrimaryPhoneCountryCode phonesAdditionalPhones city" + made + " companyId", [
            row("person", n, **by, nameFirstName=first, nameLastName=last, emailsPrimaryEmail=f"p{n}@example.com", emailsAdditionalEmails='["more@example.com"]' if n == 0 else "[]",
                linkedinLinkPrimaryLinkUrl=f"https://linkedin.com/in/p{n}", deletedAt="0000-00-00 00:00:00" if n == 0 else "", phonesPrimaryPhoneNumber=f"66410000{n:02d}", phonesPrimaryPhoneCountryCode="AT", phonesAdditionalPhones="[]", city="Wien", companyId=_id("company", n % 2))
            for n, (first, last) in enumerate(PEOPLE)
        ]),
        "opportunity.csv": _text(base + "name amountAmountMicros amountCurrencyCode closeDate stage" + made + " pointOfContactId companyId ownerId", [
            row("deal", n, **by, name=f"Looms {n}", amountAmountMicros=(n + 1) * 1_500_000_000, amountCurrencyCode="EUR", closeDate="2024-03-05 08:00:00+00", stage="NEW", pointOfContactId=_id("person", n), companyId=_id("company", n % 2), ownerId=_id("member", 1))
            for n in range(2)
        ]),
        "note.csv": _text(base + "title bodyV2Blocknote bodyV2Markdown", [row("note", n, title=f"Note {n}", bodyV2Blocknote='[{"x":1}]', bodyV2Markdown="They like blue") for n in range(3)]),
        "noteTarget.csv": _text(base + "noteId " + about, [
            row("target", 0, noteId=_id("note", 0), personId=_id("person", 1)), row("target", 1, noteId=_id("note", 1), companyId=_id("company", 0)),
            row("target", 2, noteId=_id("note", 2), opportunityId=_id("deal", 1)),
        ]),
        "message.csv": _text(base + "direction subject text receivedAt messageThreadId", [row("message", n, direction="INCOMING", subject=f"Offer {n}", text="Grüße", receivedAt="2024-03-06 09:00:00+00", messageThreadId=_id("thread", 0)) for n in range(2)]),
        "messageThread.csv": _text(base, [row("thread", 0)]),
        "messageParticipant.csv": _text(base + "role handle displayName messageId personId workspaceMemberId", [
            row("part", n, role="FROM", handle=f"p{n}@example.com", displayName=PEOPLE[n][0], messageId=_id("message", n), personId=_id("person", n)) for n in range(2)
        ]),
        "connectedAccount.csv": _text(base + "handle provider accountOwnerId", [row("account", 0, handle="alice@example.com", provider="google", accountOwnerId=_id("member", 0))]),
        "favorite.csv": _text(base + "position forWorkspaceMemberId " + about, [row("favorite", 0, position=1, forWorkspaceMemberId=_id("member", 0), personId=_id("person", 0))]),
        "dashboard.csv": _text(base + "title position", []),
    }  # fmt: skip


def of_names() -> dict[str, str]:
    """As what Vtiger's lists export: `Accounts::::Alpha GmbH`, numbers for ids, 25-01-2024, 1.234,56, a line a row."""
    tail = ["Assigned To", "Created Time", "Last Modified By"]
    of = {"Assigned To": "Alice Adler", "Created Time": "02-01-2024 08:00:00", "Last Modified By": "Alice Adler"}
    name = [" ".join(each) for each in PEOPLE]
    return {
        "Users.csv": _text(["User Name", "First Name", "Last Name", "Primary Email", "Role"], [
            {"User Name": "alice", "First Name": "Alice", "Last Name": "Adler", "Primary Email": "alice@example.com", "Role": "Vorstand"}
        ]),
        "Organizations.csv": _text(["Organization Name", "Organization Number", "Website", "Member Of", "Annual Revenue", "Billing Address", "Billing City", *tail], [
            {"Organization Name": each, "Organization Number": f"ACC{n}", "Website": f"firm{n}.example.com", "Member Of": "Accounts::::Alpha GmbH" if n == 2 else "", "Annual Revenue": f"{n}.234,50", "Billing Address": f"Mühlweg {n}", "Billing City": "Graz", **of}
            for n, each in enumerate(FIRMS)
        ]),
        "Contacts.csv": _text(["First Name", "Contact Number", "Last Name", "Organization Name", "Date of Birth", "Primary Email", "Reports To", "Email Opt Out", *tail], [
            {"First Name": first, "Contact Number": f"CON{n}", "Last Name": last, "Organization Name": f"Accounts::::{FIRMS[n % 3]}", "Date of Birth": f"{n + 22}-03-1980", "Primary Email": f"p{n}@example.com", "Reports To": f"Contacts::::{name[0]}" if n == 2 else "", "Email Opt Out": int(n == 3), **of}
            for n, (first, last) in enumerate(PEOPLE)
        ]),
        "Leads.csv": _text(["First Name", "Last Name", "Lead Number", "Company", "Primary Email", *tail], [
            {"First Name": "Uwe", "Last Name": "Lang", "Lead Number": "LEA1", "Company": "Delta & Söhne KG", "Primary Email": "uwe@example.com", **of}
        ]),
        "Opportunities.csv": _text(["Opportunity Name", "Opportunity Number", "Contact Name", "Amount", "Organization Name", "Expected Close Date", "Sales Stage", *tail], [
            {"Opportunity Name": f"Webstuhl {n}", "Opportunity Number": f"POT{n}", "Contact Name": f"Contacts::::{name[n]}" if n else "", "Amount": f"{n + 1}.234,56", "Organization Name": f"Accounts::::{FIRMS[n]}", "Expected Close Date": "03-04-2024", "Sales Stage": "Closed Won", **of}
            for n in range(2)
        ]),
        "Tickets.csv": _text(["Ticket Number", "Contact Name", "Title", "Status", *tail], [{"Ticket Number": "TT1", "Contact Name": f"Contacts::::{name[3]}", "Title": "Webstuhl steht", "Status": "Open", **of}]),
        "Calendar.csv": _text(["Subject", "Start Date & Time", "Due Date", "Related To", "Activity Type", "Status", "Created Time"], [
            {"Subject": f"Anruf {n}", "Start Date & Time": "05-06-2024 10:00:00", "Due Date": "07-06-2024", "Related To": to, "Activity Type": "Call", "Status": "Held", "Created Time": of["Created Time"]}
            for n, to in enumerate(("Accounts::::Gamma", "Potentials::::Webstuhl 1", "HelpDesk::::Webstuhl steht"))
        ]),
        "Comments.csv": _text(["Comment", "Related To", "Created Time"], [{"Comment": "Mag blau", "Related To": f"Contacts::::{name[1]}", "Created Time": of["Created Time"]}]),
        "SalesOrder.csv": _text(["Quote Name", "Subject", "Sales Order Number", "Organization Name", "Total", *tail], [
            {"Quote Name": "Quotes::::Angebot", "Subject": "Auftrag", "Sales Order Number": "SO1", "Organization Name": "Accounts::::Gamma", "Total": "1.200,50", **of}
        ]),
        "Invoice.csv": _text(["Subject", "Invoice Number", "Organization Name", "Item Name", "Total", *tail], [
            {"Subject": "Rechnung", "Invoice Number": "INV1", "Organization Name": "Accounts::::Gamma", "Item Name": f"Products::::{item}", "Total": "1.200,50", **of} for item in ("Webstuhl", "Spule", "Garn")
        ]),
        "Vendors.csv": _text(["Vendor Name", "Vendor Number", "Primary Email", *tail], [{"Vendor Name": "Garn AG", "Vendor Number": "VEN1", "Primary Email": "garn@example.com", **of}]),
        "Faq.csv": _text(["Question", "Faq Number", "Answer"], []),
        "Wide.csv": _text(["No", *(f"cf_{n}" for n in range(200))], [{"No": n} for n in range(3)]),
    }  # fmt: skip


def of_a_database() -> dict[str, str]:
    """As Bitrix24's tables: each counts for itself, `NAME` is the first name, `OWNER_TYPE_ID` says of what a row is."""
    common, of = (
        "DATE_CREATE MODIFY_BY_ID ASSIGNED_BY_ID ",
        {"DATE_CREATE": "2024-01-20 08:00:00", "MODIFY_BY_ID": 1, "ASSIGNED_BY_ID": 1},
    )
    return {
        "b_user.csv": _text("ID LOGIN NAME LAST_NAME EMAIL", [{"ID": 1, "LOGIN": "alice", "NAME": "Alice", "LAST_NAME": "Adler", "EMAIL": "alice@example.com"}, {"ID": 2, "LOGIN": "zoe", "NAME": "Zoe", "LAST_NAME": "Far", "EMAIL": "zoe@elsewhere.com"}]),
        "b_crm_company.csv": _text("ID " + common + "TITLE COMPANY_TYPE REVENUE", [{"ID": n + 1, "TITLE": each, "COMPANY_TYPE": "CUSTOMER", "REVENUE": "1000.00", **of} for n, each in enumerate(FIRMS)]),
        "b_crm_contact.csv": _text("ID " + common + "NAME LAST_NAME FULL_NAME", [{"ID": n + 1, "NAME": first, "LAST_NAME": last, "FULL_NAME": f"{first} {last}", **of} for n, (first, last) in enumerate(PEOPLE)]),
        "b_crm_contact_company.csv": _text("CONTACT_ID COMPANY_ID SORT IS_PRIMARY", [{"CONTACT_ID": n + 1, "COMPANY_ID": 3 - n, "SORT": 10, "IS_PRIMARY": "Y"} for n in range(3)]),
        "b_crm_lead.csv": _text("ID " + common + "CONTACT_ID TITLE NAME LAST_NAME COMPANY_TITLE", [
            {"ID": 1, "TITLE": "Anfrage", "NAME": "Uwe", "LAST_NAME": "Lang", "COMPANY_TITLE": "Delta & Söhne KG", **of}, {"ID": 2, "CONTACT_ID": 2, "TITLE": "Frage", "NAME": "Käthe", "LAST_NAME": "Žižek", **of},
        ]),
        "b_crm_deal.csv": _text("ID " + common + "COMPANY_ID CONTACT_ID TITLE STAGE_ID OPPORTUNITY CLOSEDATE", [
            {"ID": n + 1, "COMPANY_ID": n + 1, "CONTACT_ID": n + 2, "TITLE": f"Webstuhl {n}", "STAGE_ID": "WON", "OPPORTUNITY": f"{n + 1}234.50", "CLOSEDATE": "2024-03-05 08:00:00", **of} for n in range(2)
        ]),
        "b_uts_crm_contact.csv": _text("VALUE_ID UF_CRM_SHOE_SIZE", [{"VALUE_ID": n + 1, "UF_CRM_SHOE_SIZE": 36 + n} for n in range(4)]),
        "b_crm_act.csv": _text("ID OWNER_ID OWNER_TYPE_ID SUBJECT START_TIME RESPONSIBLE_ID", [
            {"ID": n, "OWNER_ID": of, "OWNER_TYPE_ID": kind, "SUBJECT": f"Anruf {n}", "START_TIME": "2024-02-20 10:00:00", "RESPONSIBLE_ID": 2} for n, (kind, of) in enumerate(((3, 2), (3, 3), (3, 4), (4, 1), (4, 2), (4, 3)))
        ]),
        "b_crm_addr.csv": _text("TYPE_ID ENTITY_TYPE_ID ENTITY_ID ADDRESS_1 CITY POSTAL_CODE", [
            {"TYPE_ID": 1, "ENTITY_TYPE_ID": 3, "ENTITY_ID": n, "ADDRESS_1": f"Mühlweg {n}", "CITY": "Graz", "POSTAL_CODE": f"801{n}"} for n in range(2, 5)
        ]),
        "b_crm_quote.csv": _text("ID " + common + "DEAL_ID COMPANY_ID TITLE OPPORTUNITY", [{"ID": 1, "DEAL_ID": 2, "TITLE": "Angebot", "OPPORTUNITY": "100.00", **of}]),
        "b_crm_status.csv": _text("ID ENTITY_ID STATUS_ID NAME", [{"ID": 1, "ENTITY_ID": "SOURCE", "STATUS_ID": "CALL", "NAME": "Anruf"}]),
        "b_crm_invoice.csv": _text("ID ACCOUNT_NUMBER PRICE", []),
    }  # fmt: skip
