"""The Pareto/NBD in 60-digit arithmetic by the textbook's 2F1: slow, and exact where double precision is not."""

import mpmath


def log_likelihood(parameters, x: int, t_x: float, age: float) -> mpmath.mpf:
    """Fader and Hardie (2005), equations 13 to 15."""
    r, alpha, s, beta = (mpmath.mpf(value) for value in parameters)
    start, end = mpmath.mpf(t_x), mpmath.mpf(age)
    left = s / (r + s + x) * (_part(r, alpha, s, beta, x, start) - _part(r, alpha, s, beta, x, end))
    stayed = (alpha + end) ** -(r + x) * (beta + end) ** -s
    rising = mpmath.loggamma(r + x) - mpmath.loggamma(r)
    return rising + r * mpmath.log(alpha) + s * mpmath.log(beta) + mpmath.log(stayed + left)


def probability_alive(parameters, x: int, t_x: float, age: float) -> mpmath.mpf:
    r, alpha, s, beta = (mpmath.mpf(value) for value in parameters)
    rising = mpmath.loggamma(r + x) - mpmath.loggamma(r)
    stayed = rising + r * mpmath.log(alpha / (alpha + age)) - x * mpmath.log(alpha + age)
    stayed += s * mpmath.log(beta / (beta + age))
    return mpmath.exp(stayed - log_likelihood(parameters, x, t_x, age))


def slopes(parameters, x: int, t_x: float, age: float) -> list[mpmath.mpf]:
    """Derivatives of the log-likelihood in the logarithms of the parameters."""
    step = mpmath.mpf(10) ** -20

    def moved(j: int, by: mpmath.mpf) -> mpmath.mpf:
        values = [mpmath.mpf(value) for value in parameters]
        values[j] *= mpmath.exp(by)
        return log_likelihood(values, x, t_x, age)

    return [(moved(j, step) - moved(j, -step)) / (2 * step) for j in range(4)]


def _part(r, alpha, s, beta, x, time):
    low, high = (alpha, beta) if alpha >= beta else (beta, alpha)
    second = s + 1 if alpha >= beta else r + x
    shape = r + s + x
    return mpmath.hyp2f1(shape, second, shape + 1, (low - high) / (low + time)) / (low + time) ** shape
