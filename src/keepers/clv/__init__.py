"""The value engine, arrays in, arrays out: what customers will order, for how long, their worth, and how sure it is.

Each model is one module of functions with the same names: `pareto_nbd`, `bg_nbd`, `mbg_nbd` for orders, `gamma_gamma`
for spend. `histories` holds what they read, `fitting` and `posterior` what they share, `predictive` turns a posterior
into customers' values with intervals.
"""
