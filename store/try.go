package store

// Try calls f within a transaction that may change objects. When it gives an error, or what it put refers to something that is not
// there, what f changed is taken back, and the error is Try's; what the transaction changed before stays.
func (tx *Tx) Try(f func() error) error {
	before := *tx
	state := *tx.state
	tx.seal()
	err := f()
	for _, check := range tx.checks[len(before.checks):] {
		if err == nil {
			err = check()
		}
	}
	if err != nil {
		*tx = before
		*tx.state = state
		tx.seal()
	}
	return err
}
