"""Small exports as five CRMs write them: their headers, their ids, their ways to point from one table to another."""

# ruff: noqa: E501  # rows of files stay rows

from pathlib import Path

SALESFORCE = {
    "Account.csv": (
        "Id,IsDeleted,Name,ParentId,BillingStreet,BillingCity,BillingCountry,Phone,Website,AnnualRevenue,OwnerId,"
        "CreatedDate,SystemModstamp,Fax\n"
        "001A000001AAAAAIA1,0,Alpha Mills,,1 Mill Rd,Graz,AT,+43 316 801001,www.alpha.example.com,1200000,005U01AAAAA,"
        "2024-01-19T09:42:24.000+0000,2024-01-19T09:42:24.000+0000,\n"
        "001A000001BBBBBIA2,0,Beta Works,001A000001AAAAAIA1,,Wien,AT,,,90000,005U01AAAAA,"
        "2024-01-20T09:42:24.000+0000,2024-01-19T09:42:24.000+0000,\n"
    ),
    "Contact.csv": (
        "Id,IsDeleted,AccountId,FirstName,LastName,Email,Phone,MailingCity,MailingCountry,OwnerId,HasOptedOutOfEmail,"
        "Branch__c,Annual_Income__c,SystemModstamp\n"
        "003C000001AAAAAIA1,0,001A000001AAAAAIA1,Ada,Novak,Ada.Novak@example.com,0316 801002,Graz,Austria,005U01AAAAA,1,"
        "a00B00001,52000,x\n"
        "003C000001BBBBBIA2,0,001A000001BBBBBIA2,Ben,Kos,ben@example.com,12,Wien,Austria,005U01BBBBB,0,a00B00002,,x\n"
        "003C000001CCCCCIA3,1,,Gone,Person,gone@example.com,,,,005U01AAAAA,0,,,x\n"
    ),
    "Branch__c.csv": "Id,Name,SystemModstamp\na00B00001,North,x\na00B00002,South,x\n",
    "Lead.csv": (
        "Id,IsDeleted,FirstName,LastName,Company,Email,LeadSource,IsConverted,ConvertedContactId,SystemModstamp\n"
        "00QL000001AAAAAIA1,0,Cleo,Lang,Gamma Ltd,cleo@example.com,Fair,0,,x\n"
        "00QL000001BBBBBIA2,0,Ada,Novak,Alpha Mills,ada.novak@example.com,Fair,1,003C000001AAAAAIA1,x\n"
    ),
    "Opportunity.csv": (
        "Id,AccountId,Name,StageName,Amount,CloseDate,OwnerId,SystemModstamp\n"
        "006O000001AAAAAIA1,001A000001AAAAAIA1,New looms,Closed Won,12500.50,2024-03-01,005U01AAAAA,x\n"
    ),
    "Case.csv": (
        "Id,ContactId,AccountId,CaseNumber,Status,Subject,CreatedDate,SystemModstamp\n"
        "500S000001AAAAAIA1,003C000001AAAAAIA1,001A000001AAAAAIA1,00001,Closed,Loom stopped,2024-02-01T08:00:00.000+0000,x\n"
    ),
    "Task.csv": (
        "Id,WhoId,WhatId,Subject,ActivityDate,Status,TaskSubtype,SystemModstamp\n"
        "00TT000001AAAAAIA1,00QL000001AAAAAIA1,,Call Cleo,2024-02-03,Completed,Call,x\n"
    ),
    "Campaign.csv": "Id,Name,Type,Status,StartDate,BudgetedCost,SystemModstamp\n701K00001,Spring fair,Fair,Done,2024-01-01,100,x\n",
    "CampaignMember.csv": (
        "Id,CampaignId,LeadId,ContactId,Status,CreatedDate,FirstName,LastName,Email,SystemModstamp\n"
        "00vM00001,701K00001,,003C000001BBBBBIA2,Sent,2024-01-02T00:00:00.000+0000,Ben,Kos,ben@example.com,x\n"
    ),
    "AccountContactRelation.csv": (
        "Id,AccountId,ContactId,IsDirect,SystemModstamp\n07kR00001,001A000001AAAAAIA1,003C000001BBBBBIA2,0,x\n"
    ),
    "User.csv": "Id,Name,Email,ProfileId\n005U01AAAAA,Alice,alice@example.com,p1\n005U01BBBBB,Zoe Far,zoe@elsewhere.com,p1\n",
}
HUBSPOT = {
    "hubspot-contacts.csv": (
        "Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,Contact owner,Associated Company Domain\n"
        "101,Ada,Novak,ada@example.com,+386 1 475 1000,Customer,alice@example.com,alpha.example.com\n"
        "102,Ben,Kos,ben@example.com,,Lead,alice@example.com,\n"
    ),
    "hubspot-companies.csv": (
        "Record ID,Company name,Company Domain Name,City,Company owner\n101,Alpha,alpha.example.com,Graz,alice@example.com\n"
    ),
    "hubspot-deals.csv": (
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Associated Contact Email,Associated Company Domain\n"
        "101,Looms,closedwon,1000,2025-02-01,ada@example.com,alpha.example.com\n"
    ),
}
ZOHO = {
    "Accounts_001.csv": (
        "Record Id,Account Owner.id,Account Name,Phone,Website,Billing City,Created Time,Modified Time\n"
        "zcrm_50001,zcrm_90001,Alpha,,http://alpha.example.com,Graz,2024-01-01 10:00:00,x\n"
    ),
    "Contacts_001.csv": (
        "Record Id,Contact Owner.id,First Name,Last Name,Account Name.id,Email,Mailing City,Email Opt Out,Created Time\n"
        "zcrm_60001,zcrm_90001,Ada,Novak,zcrm_50001,ada@example.com,Graz,false,2024-01-01 10:00:00\n"
    ),
    "Potentials_001.csv": (
        "Record Id,Potential Name,Account Name.id,Contact Name.id,Stage,Amount,Closing Date\n"
        "zcrm_70001,Looms,zcrm_50001,zcrm_60001,Qualification,1000,2024-05-01\n"
    ),
}
DYNAMICS = {
    "My Active Accounts.csv": (
        "(Do Not Modify) Account,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Account Name,Main Phone,Address 1: City\n"
        "a1b2c3d4-0001-4000-8000-000000000001,x,2024-01-01,Alpha,,Graz\n"
    ),
    "My Active Contacts.csv": (
        "(Do Not Modify) Contact,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,First Name,Last Name,Company Name,"
        "Email,Business Phone,Do not allow Emails\n"
        "a1b2c3d4-0002-4000-8000-000000000001,x,2024-01-01,Ada,Novak,Alpha,ada@example.com,+43 316 801002,No\n"
    ),
}
ODOO = {
    "Contact (res.partner).csv": (
        "External ID,Name,Is a Company,Related Company/External ID,Email,Phone,Street,City,Country,Salesperson,Tags\n"
        "__export__.res_partner_1_aa,Alpha,True,,office@alpha.example.com,,1 Mill Rd,Graz,Austria,Alice,\n"
        "__export__.res_partner_2_bb,Ada Novak,False,__export__.res_partner_1_aa,ada@example.com,+43 316 801002,,Graz,"
        'Austria,Alice,"VIP,Fair"\n'
    ),
}


OF_MANY_TABLES = {
    "accounts.csv": "id,name,deleted\naaaa-1,Alpha,0\naaaa-2,Gone,1\n",
    "contacts.csv": "id,first_name,last_name,modified_user_id,deleted\ncccc-1,Ada,Novak,u-1,0\ncccc-2,Ben,Kos,u-1,0\n",
    "contacts_cstm.csv": "id_c,shoe_c\ncccc-1,red\ncccc-2,blue\n",
    "accounts_contacts.csv": "id,contact_id,account_id,deleted\nacac-1,cccc-1,aaaa-1,0\nacac-2,cccc-2,aaaa-1,1\n",
    "email_addresses.csv": "id,email_address,opt_out,deleted\neeee-1,old@example.com,0,0\neeee-2,ada@example.com,1,0\neeee-3,ben@example.com,0,0\n",
    "email_addr_bean_rel.csv": (
        "id,email_address_id,bean_id,bean_module,primary_address,deleted\n"
        "bbbb-1,eeee-1,cccc-1,Contacts,0,0\nbbbb-2,eeee-2,cccc-1,Contacts,1,0\nbbbb-3,eeee-3,cccc-2,Contacts,1,0\n"
    ),
    "opportunities.csv": "id,name,amount,sales_stage,date_closed,deleted\noooo-1,Looms,100,Won,2024-03-01,0\n",
    "opportunities_contacts.csv": "id,contact_id,opportunity_id,deleted\nocoo-1,cccc-1,oooo-1,0\n",
    "users.csv": "id,user_name\nu-1,alice\n",
}


OF_TABLES_LIKE_A_DATABASE = OF_MANY_TABLES | {
    "leads.csv": (
        "id,first_name,last_name,primary_address_city,lead_source,phone_mobile,converted,contact_id,deleted\n"
        "llll-1,Adele,Novak,Graz,Fair,+436641000001,1,cccc-1,0\nllll-2,Cleo,Lang,Linz,Web,,0,,0\n"
    ),
    "email_addresses.csv": OF_MANY_TABLES["email_addresses.csv"] + "eeee-4,ada@third.example.com,0,0\n",
    "email_addr_bean_rel.csv": OF_MANY_TABLES["email_addr_bean_rel.csv"] + "bbbb-4,eeee-4,cccc-1,Contacts,0,0\n",
    "opportunities.csv": OF_MANY_TABLES["opportunities.csv"] + "oooo-2,Bobbins,80,Won,2024-03-02,0\n",
    "accounts_opportunities.csv": "id,opportunity_id,account_id,deleted\naoao-1,oooo-2,aaaa-1,0\n",
    "emails.csv": (
        "id,name,date_sent_received,status,parent_id,deleted\nmmmm-1,Our offer,2024-03-04 10:00:00,sent,cccc-1,0\n"
        "mmmm-2,About the bobbins,2024-03-07 10:00:00,sent,oooo-2,0\n"
    ),
    "emails_text.csv": "email_id,from_addr,description,deleted\nmmmm-1,us@example.com,The looms are cheaper now,0\n",
    "calls.csv": "id,name,date_start,status,contact_id\n1,About the price,2024-03-05 10:00:00,Held,cccc-1\n",
    "meetings.csv": "id,name,date_start,status,contact_id\n1,At the fair,2024-03-06 10:00:00,Held,cccc-2\n",
}


def written(folder: Path, files: dict[str, str]) -> list[Path]:
    """The files of an export in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text("\ufeff" + text, encoding="utf-8")
    return paths
