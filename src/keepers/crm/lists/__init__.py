"""Lists of any noun: columns, filters, pages by key, saved views, exports."""
