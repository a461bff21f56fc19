"""The two passes over the files: rows read and cleaned, then lines numbered and written; refused rows set aside."""
