"""Custom fields that nobody writes: formulas of other fields, and roll-ups of what a customer did and had done."""
