"""Numbers for compiled loops: special functions, random numbers, quadrature, equal rows."""
