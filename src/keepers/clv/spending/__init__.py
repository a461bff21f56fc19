"""What the models of spend lean on: values that stand alone, occasions worth nothing, frequency against amount."""
