"""Customers and what belongs to them by the API: the same actions and rights as on the pages."""

from keepers.crm.customers.api import belongings, bulk, fields, reaching, records

routers = (records.router, reaching.router, belongings.router, fields.router, bulk.router)
