"""Customers: people and organisations, how they are reached, what they agreed to, and how they belong together."""

from keepers.crm.customers.models.about import Attachment, CustomField, CustomValue, Tag
from keepers.crm.customers.models.changes import AcquisitionTold, BulkEdit, BulkEditRow, StaleCustomer
from keepers.crm.customers.models.contact import Address, Consent, ConsentRules, ContactPoint, Relation
from keepers.crm.customers.models.lives import Customer, ExternalKey, Firm, PresentCustomers, StageMove

__all__ = [
    "AcquisitionTold",
    "Address",
    "Attachment",
    "BulkEdit",
    "BulkEditRow",
    "Consent",
    "ConsentRules",
    "ContactPoint",
    "CustomField",
    "CustomValue",
    "Customer",
    "ExternalKey",
    "Firm",
    "PresentCustomers",
    "Relation",
    "StageMove",
    "StaleCustomer",
    "Tag",
]
