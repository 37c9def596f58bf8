package store

// aside is an update that takes long, as of 100,000 objects, and what waits for it. It runs on a goroutine of its own on the objects as
// they were when it began. So that it can be kept as it comes from there, other updates wait; records of tables, the journal of calls and
// whatever reads objects do not. The writer's alone.
type aside struct {
	prepared chan *change // gives the update when it has run; nil: none is running
	held     []*change    // updates that wait, in their order; the first one is aside where none is running
}

// holdBack takes out of a group what has to wait: updates while one is running, and from the first one that is aside on.
func (a *aside) holdBack(group []*change) (rest []*change) {
	for _, c := range group {
		if c.update != nil && (c.aside || a.prepared != nil || len(a.held) > 0) {
			a.held = append(a.held, c)
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

// begin lets the update run that waits for it, now that all before it are kept.
func (a *aside) begin(objects *state) {
	if a.prepared != nil || len(a.held) == 0 {
		return
	}
	c := a.held[0]
	a.held = a.held[1:]
	a.prepared = make(chan *change, 1)
	go func(prepared chan<- *change) {
		tx := newTx(objects)
		if c.err = tx.run(c.update); c.err == nil {
			c.ready = tx
		}
		prepared <- c
	}(a.prepared)
}

// release gives what can be kept now that an update has run: itself, and those that waited for it, up to the next one that is aside.
func (a *aside) release(c *change) []*change {
	held := a.held
	a.prepared, a.held = nil, nil
	return append([]*change{c}, a.holdBack(held)...)
}
