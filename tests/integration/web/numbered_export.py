"""A small whole export of a CRM that nobody told us of: each table counts its rows from 1, links are in tables of their own.

The headers are those of Insightly's interface; the dirt is what such files have.
"""

# ruff: noqa: E501  # rows of files stay rows

_LINKS = "LINK_ID,OBJECT_NAME,OBJECT_ID,LINK_OBJECT_NAME,LINK_OBJECT_ID,ROLE\n"

NUMBERED = {
    "Users.csv": "USER_ID,FIRST_NAME,LAST_NAME,EMAIL_ADDRESS,ACTIVE\n1,Alice,Adler,alice@example.com,True\n2,Zoe,Far,zoe@elsewhere.com,False\n",
    "Teams.csv": "TEAM_ID,TEAM_NAME\n1,North\n",
    "TeamMembers.csv": "PERMISSION_ID,TEAM_ID,MEMBER_USER_ID\n1,1,1\n2,1,2\n",
    "Organisations.csv": (
        "ORGANISATION_ID,ORGANISATION_NAME,OWNER_USER_ID,DATE_CREATED_UTC,PHONE,WEBSITE,ADDRESS_BILLING_STREET,ADDRESS_BILLING_CITY,ADDRESS_SHIP_CITY,PARENT_ORGANISATION_ID\n"
        "1,Alpha Mills,1,2024-01-02 08:00:00,+43 316 801001,https://alpha.example.com,1 Mill Rd,Graz,Linz,\n"
        "2,Beta Works,2,2024-01-03 08:00:00,,https://beta.example.com,2 Mill Rd,Wien,,1\n"
        "2,Beta Works,2,2024-01-03 08:00:00,,https://beta.example.com,2 Mill Rd,Wien,,1\n"  # doubled
    ),
    "Contacts.csv": (
        "CONTACT_ID,SALUTATION,FIRST_NAME,LAST_NAME,OWNER_USER_ID,DATE_CREATED_UTC,DATE_OF_BIRTH,PHONE,EMAIL_ADDRESS,ADDRESS_MAIL_CITY,ADDRESS_MAIL_COUNTRY,ORGANISATION_ID,EMAIL_OPTED_OUT\n"
        "1,Ms,Ada,Novak,1,2024-01-04 08:00:00,1980-02-03,+43 664 1000001,ada@example.com,Graz,Austria,2,True\n"
        "2,Mr,Ben,Kos,1,2024-01-05 08:00:00,31/02/1980,+43 664 1000002,ben@example.com,Wien,Austria,1,False\n"  # no such day
        "3,Ms,Cleo,Lang,2,2024-01-06 08:00:00,1990-04-05,,cleo@example.com,Linz,Austria,99,False\n"  # nobody's organisation
    ),
    "ContactEmails.csv": "EMAIL_ID,CONTACT_ID,VALUE,IS_PRIMARY\n1,1,ada@example.com,True\n2,1,ada@home.example.com,False\n3,2,ben@example.com,True\n",
    "ContactTags.csv": "CONTACT_ID,TAG_NAME\n1,VIP\n1,Fair\n3,Fair\n",
    "LeadSources.csv": "LEAD_SOURCE_ID,LEAD_SOURCE\n1,Web\n2,Fair\n",
    "Leads.csv": (
        "LEAD_ID,FIRST_NAME,LAST_NAME,LEAD_SOURCE_ID,CONVERTED,CONVERTED_CONTACT_ID,EMAIL,ORGANISATION_NAME\n"
        "1,Eve,Weiss,1,False,,eve@example.com,Gamma Ltd\n2,Ben,Kos,2,True,2,ben@example.com,Alpha Mills\n"
    ),
    "TaskCategories.csv": "CATEGORY_ID,CATEGORY_NAME,ACTIVE\n1,Task,1\n2,Todo,1\n",  # names of what they are of
    "Pipelines.csv": "PIPELINE_ID,PIPELINE_NAME\n1,Sales\n",
    "PipelineStages.csv": "STAGE_ID,PIPELINE_ID,STAGE_NAME\n1,1,Offer\n2,1,Close\n",
    "Opportunities.csv": (
        "OPPORTUNITY_ID,OPPORTUNITY_NAME,OPPORTUNITY_VALUE,ACTUAL_CLOSE_DATE,PIPELINE_ID,STAGE_ID,ORGANISATION_ID\n"
        "1,Looms,1200,2024-02-01 08:00:00,1,1,1\n2,Bobbins,80,not known,1,2,2\n"
    ),
    "Products.csv": "PRODUCT_ID,PRODUCT_NAME,DEFAULT_PRICE\n1,Loom,600\n2,Bobbin,8\n",
    "OpportunityProducts.csv": "OPPORTUNITY_ITEM_ID,OPPORTUNITY_ID,PRODUCT_ID,UNIT_PRICE,QUANTITY,SERVICE_DATE\n1,1,1,600,2,2024-02-02\n2,2,2,8,10,2024-02-03\n",
    "Quotes.csv": "QUOTE_ID,QUOTATION_NAME,OPPORTUNITY_ID,CONTACT_ID,GRAND_TOTAL,DATE_CREATED_UTC\n1,Our offer,1,,1200,2024-01-20 08:00:00\n2,Another,2,3,80,2024-01-21 08:00:00\n",
    "Tickets.csv": "TICKET_ID,ORGANISATION_ID,CONTACT_ID,SUBJECT,TICKET_STATUS,DATE_CREATED_UTC\n1,2,1,Loom stopped,Closed,2024-03-01 08:00:00\n",
    "Tasks.csv": "TASK_ID,TITLE,STATUS,DUE_DATE,OPPORTUNITY_ID\n1,Ring about the looms,NOT STARTED,2024-03-02 08:00:00,1\n",
    "Events.csv": "EVENT_ID,TITLE,START_DATE_UTC,DETAILS\n1,At the fair,2024-03-03 08:00:00,with coffee\n2,At the mill,2024-13-45 08:00:00,\n3,At the harbour,2024-03-05 08:00:00,\n",
    "EventLinks.csv": _LINKS
    + "1,Event,1,Contact,1,\n2,Event,2,Organisation,1,\n3,Event,3,Opportunity,2,\n9,Event,77,Contact,1,\n",
    "Notes.csv": "NOTE_ID,TITLE,BODY,DATE_CREATED_UTC\n1,They like blue,a lot,2024-03-04 08:00:00\n2,They like green,,2024-03-06 08:00:00\n",
    "NoteLinks.csv": _LINKS + "4,Note,1,Contact,2,\n5,Note,2,Opportunity,1,\n",
    "ContactLinks.csv": _LINKS + "6,Contact,3,Organisation,1,Advisor\n7,Contact,1,Contact,2,\n",
}
