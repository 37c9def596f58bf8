package confd

import "slices"

// confdRoutes are the contract's, below /1.1 and /api/confd/1.1.
func confdRoutes() []route {
	return slices.Concat(
		smallRoutes(),
		contextRoutes(),
		rangeRoutes(),
		extensions().routes(),
		incallRoutes(),
		schedules().routes(),
		ivrs().routes(),
		soundRoutes(),
		userRoutes(),
		lineRoutes(),
		endpointRoutes(),
		trunkRoutes(),
		outcallRoutes(),
		groupRoutes(),
		registrarRoutes(),
		absentRoutes(),
	)
}

// authRoutes are those of signing in, below /0.1 and /api/auth/0.1.
func authRoutes() []route {
	return slices.Concat(
		signInRoutes(),
		tenantRoutes(),
	)
}

// ownRoutes are dialtone's own, outside of the contract, below /api.
func ownRoutes() []route {
	return slices.Concat(
		documentRoutes(),
		scheduleRoutes(),
		dialplanRoutes(),
	)
}
