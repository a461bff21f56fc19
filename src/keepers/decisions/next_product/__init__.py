"""What each customer is likely to buy next, judged on baskets that were held out, and why it is proposed."""
