# ruff: noqa: E501
"""The tables of a CRM that names its columns `PersonId` and `CreatedUtc`, consents and addresses of their own among them."""


def with_consents() -> dict[str, str]:
    """File → its rows."""
    return {
        "Users.csv": "UserId,FullName,EmailAddress,Role,IsActive\nU1,Rita Rep,rita@firm.example,Sales Rep,TRUE\nU2,Max Manager,max@firm.example,Manager,TRUE\n",
        "Companies.csv": "CompanyId,CompanyName,Industry,AnnualRevenue,EmployeeCount,Website,MainPhone,BillingStreet,BillingCity,BillingPostcode,BillingCountry,ParentCompanyId,OwnerUserId,CreatedUtc\nC1,Alpha GmbH,Textiles,1200000,40,https://alpha.example,+43 1 5550001,Ring 1,Wien,1010,Austria,,U1,2021-02-03T10:00:00Z\nC2,Beta SARL,Food,300000,12,https://beta.example,+33 1 55500022,Rue 2,Paris,75001,France,C1,U2,2021-03-03T10:00:00Z\n",
        "People.csv": "PersonId,GivenName,FamilyName,PrimaryEmail,MobilePhone,JobTitle,CompanyId,BirthDate,LeadSource,Lifecycle,OwnerUserId,CreatedUtc,MarketingOptIn\nP1,Ada,Novak,ada@example.org,+43 664 1000001,Buyer,C1,1980-02-03,Fair,Customer,U1,2022-01-02T08:00:00Z,true\nP2,Ben,Lang,ben@example.org,+43 664 1000002,CEO,C1,,Web,Lead,U2,2022-01-03T08:00:00Z,false\nP3,Cleo,Durand,cleo@example.org,,Chef,C2,1975-12-30,Referral,Customer,U1,2022-01-04T08:00:00Z,\nP4,Dan,Ode,dan@example.org,+33 6 12345678,,,,,Prospect,U2,2022-01-05T08:00:00Z,true\n",
        "PersonEmails.csv": "PersonEmailId,PersonId,EmailAddress,Type,IsPrimary\n1,P1,ada@example.org,Work,true\n2,P1,ada.private@example.net,Home,false\n3,P3,cleo@example.org,Work,true\n",
        "PersonAddresses.csv": "AddressId,PersonId,AddressType,Line1,City,Postcode,CountryCode\nA1,P1,Home,Gasse 4,Graz,8010,AT\nA2,P4,Home,Rue 9,Lyon,69001,FR\n",
        "Tags.csv": "TagId,TagName\nT1,VIP\nT2,Fair 2024\n",
        "PersonTags.csv": "PersonId,TagId,AppliedUtc\nP1,T1,2023-01-01\nP1,T2,2023-01-01\nP3,T2,2023-01-01\nP4,T1,2023-01-01\n",
        "CustomFieldDefinitions.csv": "FieldId,Entity,FieldLabel,DataType\nF1,Person,Shoe size,Number\nF2,Person,Newsletter language,Text\n",
        "CustomFieldValues.csv": "FieldId,EntityId,Value\nF1,P1,38\nF2,P1,German\nF1,P3,41\n",
        "Pipelines.csv": "PipelineId,PipelineName\nPL1,New business\n",
        "Stages.csv": "StageId,PipelineId,StageName,Probability\nS1,PL1,Offer,40\nS2,PL1,Won,100\n",
        "Opportunities.csv": "OpportunityId,OpportunityName,CompanyId,PrimaryPersonId,StageId,Amount,CurrencyCode,ExpectedClose,OwnerUserId,Status\nO1,Looms,C1,P1,S1,12500.00,EUR,2026-12-01,U1,Open\nO2,Silk,C2,P3,S2,800.50,EUR,2024-05-01,U1,Won\n",
        "OpportunityProducts.csv": "OpportunityId,ProductId,Qty,UnitPrice\nO1,PR1,2,6000\nO1,PR2,1,500\nO2,PR2,2,400\n",
        "Products.csv": "ProductId,Sku,ProductName,ListPrice\nPR1,L-1,Loom,6000\nPR2,Y-1,Yarn,500\n",
        "Cases.csv": "CaseId,CaseNumber,Subject,PersonId,Status,Priority,OpenedUtc,ClosedUtc\nK1,1001,Loom stopped,P1,Closed,High,2024-03-01T09:00:00Z,2024-03-02T09:00:00Z\nK2,1002,Wrong colour,P3,Open,Low,2024-04-01T09:00:00Z,\n",
        "Tasks.csv": "TaskId,Subject,DueDate,IsComplete,RegardingPersonId,AssignedToUserId\nTK1,Call Ada back,2026-12-05,false,P1,U1\nTK2,Send catalog,2024-01-05,true,P3,U2\n",
        "Calls.csv": "CallId,PersonId,UserId,StartUtc,DurationSec,Direction,Outcome,Notes\nCL1,P1,U1,2024-02-01T10:00:00Z,300,Outbound,Connected,Wants looms\nCL2,P2,U2,2024-02-02T10:00:00Z,20,Outbound,No answer,\n",
        "Meetings.csv": "MeetingId,Title,StartUtc,EndUtc,Location,OrganizerUserId\nM1,Demo,2024-02-10T10:00:00Z,2024-02-10T11:00:00Z,Wien,U1\n",
        "MeetingAttendees.csv": "MeetingId,PersonId,Response\nM1,P1,Accepted\nM1,P2,Declined\n",
        "Notes.csv": "NoteId,PersonId,CompanyId,Body,AuthorUserId,CreatedUtc\nN1,P1,,Likes blue.,U1,2024-01-01T10:00:00Z\nN2,,C2,Pays late.,U2,2024-01-02T10:00:00Z\n",
        "Campaigns.csv": "CampaignId,CampaignName,Channel,StartDate,Cost\nCA1,Spring,Email,2024-03-01,500\n",
        "CampaignMembers.csv": "CampaignId,PersonId,Status,RespondedUtc\nCA1,P1,Responded,2024-03-05T10:00:00Z\nCA1,P3,Sent,\n",
        "MarketingConsents.csv": "ConsentId,PersonId,Channel,ConsentStatus,CapturedUtc,Source\nMC1,P1,Email,Granted,2023-01-01T09:00:00Z,Web form\nMC2,P1,SMS,Denied,2023-01-01T09:00:00Z,Web form\nMC3,P3,Email,Withdrawn,2024-01-01T09:00:00Z,Mail\nMC4,P4,Email,Granted,2022-01-05T08:00:00Z,Web form\nMC5,P2,Email,Granted,2025-01-05T08:00:00Z,Web form\n",
        "Relationships.csv": "RelationshipId,FromPersonId,ToPersonId,RelationshipType\nR1,P1,P2,Colleague\nR2,P2,P1,Colleague\nR3,P3,P1,Referred by\n",
        "Attachments.csv": "AttachmentId,PersonId,FileName,SizeBytes\nAT1,P1,offer.pdf,1200\n",
    }
