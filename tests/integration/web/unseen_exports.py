"""Small exports of two systems that nothing here was made for: one table of people and organisations, and tables that
only tell more of another's rows."""

# ruff: noqa: E501  # rows of files stay rows

ONE_TABLE_OF_BOTH = {
    "users.csv": "id,name,email,role,reports_to\n1,Alice,alice@example.com,admin,\n2,Zoe Far,zoe@elsewhere.com,user,1\n",
    "contacts.csv": (
        "id,creator_id,owner_id,is_organization,contact_id,parent_organization_id,name,first_name,last_name,email,mobile,address_line1,address_city,address_country,created_at\n"
        "1,2,1,true,,,Alpha Ltd,,,office@alpha.example.com,,1 Mill Rd,Graz,AT,2024-01-02T08:00:00Z\n"
        "2,2,1,true,,1,Beta Ltd,,,office@beta.example.com,,,Wien,AT,2024-01-02T08:00:00Z\n"
        "3,2,2,false,1,,Ada Novak,Ada,Novak,ada@example.com,+436641000001,,Graz,AT,2024-01-03T08:00:00Z\n"
        "4,1,1,false,2,,Ben Kos,Ben,Kos,ben@example.com,+436641000002,,Wien,AT,2024-01-03T08:00:00Z\n"
    ),
    "leads.csv": (
        "id,creator_id,owner_id,source_id,first_name,last_name,organization_name,status,email,created_at\n"
        "1,1,1,1,Ada,Novak,Alpha,New,ada@old.example.com,2024-01-01T08:00:00Z\n"
        "2,1,1,2,Cleo,Lang,Gamma,New,cleo@example.com,2024-01-01T08:00:00Z\n"
    ),
    "lead_sources.csv": "id,creator_id,name\n1,1,Fair\n2,1,Web\n",
    "lead_conversions.csv": "id,lead_id,individual_id,organization_id,deal_id,creator_id,created_at\n1,1,3,1,1,1,2024-01-04T08:00:00Z\n",
    "deals.csv": (
        "id,creator_id,owner_id,name,value,contact_id,organization_id,estimated_close_date,created_at\n"
        "1,1,1,New looms,12500,3,1,2024-03-01,2024-02-01T08:00:00Z\n2,1,2,Bobbins,80,4,,2024-03-02,2024-02-01T08:00:00Z\n"
    ),
    "associated_contacts.csv": "deal_id,contact_id,role,created_at\n1,3,involved,2024-02-01T08:00:00Z\n1,4,involved,2024-02-02T08:00:00Z\n",
    "visits.csv": (
        "id,creator_id,outcome_id,resource_type,resource_id,visited_at,summary\n"
        "1,1,1,contact,3,2024-02-03T08:00:00Z,Saw the looms\n2,2,2,lead,2,2024-02-04T08:00:00Z,Rang the bell\n"
    ),
    "call_outcomes.csv": "id,name,creator_id\n1,Interested,1\n2,No answer,1\n",
    "visit_outcomes.csv": "id,name,creator_id\n1,Met,1\n2,Nobody in,1\n",
    "text_messages.csv": "id,content,resource_type,resource_id,sent_at,user_id,user_name\n1,See you,contact,3,2024-02-05T08:00:00Z,2,Zoe Far\n",
}  # fmt: skip
TABLES_BESIDE = {
    "users.csv": "id,name,email\n659394,Alice,alice@example.com\n",
    "contact_type.csv": "id,name\n451490,Future customer\n451491,Customer\n",
    "customer_source.csv": "id,name\n331240,Fair\n331241,Web\n",
    "pipeline.csv": "id,name\n489028,Sales\n",
    "company.csv": "id,name,address_city,assignee_id,email_domain\n29324007,Alpha Inc,Graz,659394,alpha.example.com\n",
    "company_phone_number.csv": "index,company_id,number,category\n0,29324007,+43 316 801001,work\n",
    "people.csv": (
        "id,name,first_name,last_name,assignee_id,company_id,company_name,contact_type_id,date_created\n"
        "67747013,Ada Novak,Ada,Novak,659394,29324007,Alpha Inc,451491,1704326400\n"
        "67747026,Ben Kos,Ben,Kos,659394,,,451490,1704326400\n"
    ),
    "people_email.csv": (
        "index,people_id,email,category\n0,67747013,ada@example.com,work\n0,67747026,ben@example.com,work\n"
        "1,67747013,ada@home.example.com,personal\n"
    ),
    "people_phone_number.csv": "index,people_id,number,category\n0,67747013,+43 664 1000001,mobile\n0,67747026,+43 664 1000001,mobile\n",
    "custom_field_definition.csv": "id,name,data_type\n501001,Shoe size,Float\n501002,Colours,MultiSelect\n501003,Hobby,Dropdown\n",
    "custom_field_option.csv": "id,custom_field_definition_id,name\n601001,501002,red\n601002,501002,blue\n601003,501003,Weaving\n",
    "people_custom_field.csv": (
        "people_id,custom_field_definition_id,value\n67747013,501001,38\n67747013,501002,601001\n67747013,501002,601002\n"
        "67747026,501001,42.5\n67747026,501003,601003\n"
    ),
    "people_social.csv": "index,people_id,url,category\n0,67747013,https://linkedin.com/in/ada,linkedin\n",
    "lead.csv": (
        "id,name,first_name,last_name,customer_source_id,email_email,monetary_value\n"
        "8894011,Cleo Lang,Cleo,Lang,331240,cleo@example.com,1000\n8894022,Dora Weiss,Dora,Weiss,331241,dora@example.com,2000\n"
    ),
    "opportunity.csv": (
        "id,name,assignee_id,close_date,company_id,primary_contact_id,pipeline_id,monetary_value,date_created\n"
        "14340005,New looms,659394,3/14/2024,29324007,67747013,489028,12500,1704326400\n"
    ),
}  # fmt: skip
