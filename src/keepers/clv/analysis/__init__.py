"""The engine for somebody with a data frame: customers in, values with intervals out, a backtest, plots, saved fits.

    from keepers import clv

    customers = clv.Customers.from_orders(orders, customer="id", ordered_on="date", value="amount")
    fitted = clv.ValueModel(model="auto", margin=0.3).fit(customers)
    values = fitted.predict(customers, horizon="52w")

Nothing here computes what the models' modules do not: it reads columns, calls them, and hands columns back.
"""
