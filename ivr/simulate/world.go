package simulate

import (
	"cmp"
	"container/heap"
	"time"

	"dialtone/ivr"
)

// World is a virtual time in which runs live beside each other. One of them runs at
// a time, until it waits; when all wait, time goes on to the next moment at which
// something happens. So what happens is the same each time.
//
// Its methods belong to the runs, and to the events, of this world.
type World struct {
	now     time.Time
	waiting []*waiter // in the order in which they began to wait
	events  events
	count   int
}

var _ ivr.Pace = (*World)(nil)

// waiter is a run that waits.
type waiter struct {
	until  time.Time // zero: for ever
	a, b   <-chan struct{}
	got    <-chan struct{} // what woke it
	resume chan struct{}
}

// NewWorld makes a world whose time begins at a moment.
func NewWorld(start time.Time) *World { return &World{now: start} }

// Now is the virtual time.
func (w *World) Now() time.Time { return w.now }

// At lets something happen at a moment, before the runs that wait until then go on.
// What lies in the past happens next.
func (w *World) At(at time.Time, happen func()) {
	w.count++
	heap.Push(&w.events, event{at, w.count, happen})
}

// Go runs f from the next wait of the present run on.
func (w *World) Go(f func()) {
	run := &waiter{until: w.now, resume: make(chan struct{})}
	w.waiting = append(w.waiting, run)
	go func() {
		<-run.resume
		f()
		if next := w.next(); next != nil {
			next.resume <- struct{}{}
		}
	}()
}

// Wait lets the other runs go on, or time.
func (w *World) Wait(until time.Time, a, b <-chan struct{}) <-chan struct{} {
	self := &waiter{until: until, a: a, b: b}
	w.waiting = append(w.waiting, self)
	next := w.next()
	switch {
	case next == nil:
		panic("simulate: every run waits for ever")
	case next != self:
		self.resume = make(chan struct{})
		next.resume <- struct{}{}
		<-self.resume
	}
	return self.got
}

// next lets time go on until a waiter can, and takes it from the waiting ones.
func (w *World) next() *waiter {
	for {
		for i, x := range w.waiting {
			if x.ready() {
				return w.take(i)
			}
		}
		first := -1
		for i, x := range w.waiting {
			if !x.until.IsZero() && (first < 0 || x.until.Before(w.waiting[first].until)) {
				first = i
			}
		}
		switch {
		case len(w.events) > 0 && (first < 0 || !w.waiting[first].until.Before(w.events[0].at)):
			e := heap.Pop(&w.events).(event)
			w.pass(e.at)
			e.happen()
		case first >= 0:
			w.pass(w.waiting[first].until)
			return w.take(first)
		default:
			return nil
		}
	}
}

func (w *World) take(i int) *waiter {
	x := w.waiting[i]
	w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
	return x
}

func (w *World) pass(at time.Time) {
	if at.After(w.now) {
		w.now = at
	}
}

// ready tells whether a signal is there, and takes it.
func (x *waiter) ready() bool {
	select {
	case <-x.a:
		x.got = x.a
	case <-x.b:
		x.got = x.b
	default:
		return false
	}
	return true
}

// event is something that happens at a moment.
type event struct {
	at     time.Time
	number int
	happen func()
}

// events is a heap, the next one first.
type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return cmp.Or(e[i].at.Compare(e[j].at), cmp.Compare(e[i].number, e[j].number)) < 0
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
