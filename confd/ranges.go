package confd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dialtone/store"
)

// rangesFor are the ranges of a context by what its extensions are for, as their route says it.
var rangesFor = map[string]func(*store.Context) []span{
	"user":       func(c *store.Context) []span { return spans(c.UserRanges) },
	"group":      func(c *store.Context) []span { return spans(c.GroupRanges) },
	"queue":      func(c *store.Context) []span { return spans(c.QueueRanges) },
	"conference": func(c *store.Context) []span { return spans(c.ConferenceRoomRanges) },
	"incall":     incallSpans,
}

func spans(ranges []store.Range) []span {
	all := make([]span, len(ranges))
	for i, of := range ranges {
		all[i] = newSpan(of.Start, of.End)
	}
	return all
}

// incallSpans are the ranges for numbers from outside, of whose bounds only the last digits may count.
func incallSpans(c *store.Context) []span {
	all := make([]span, len(c.IncallRanges))
	for i, of := range c.IncallRanges {
		cut := 0
		if of.DIDLength > 0 {
			cut = max(0, len(of.Start)-of.DIDLength)
		}
		all[i] = newSpan(of.Start[cut:], of.End[cut:])
	}
	return all
}

// newSpan makes the span between two numbers of as many digits, at most 16.
func newSpan(start, end string) span {
	return span{digitsOf(start), digitsOf(end), len(start)}
}

func digitsOf(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64) // nothing else comes here
	return n
}

// within tells whether a number lies in one of some spans. As in the original its value counts, however many digits it is written with,
// so that 0000 to 9999 has 5, too.
func within(spans []span, number string) bool {
	n, err := strconv.ParseUint(strings.TrimPrefix(number, "+"), 10, 64)
	return err == nil && slices.ContainsFunc(spans, func(s span) bool { return s.first <= n && n <= s.last })
}

// maxRanges bounds the ranges that a search may give.
const maxRanges = 1000

// rangeRoutes tell the ranges of a context by what they are for.
func rangeRoutes() []route {
	var routes []route
	for kind, of := range rangesFor {
		routes = append(routes, route{method: "GET", path: "/contexts/{context_id}/ranges/" + kind, handle: func(r *request) (answer, error) {
			c, err := contexts().byID(r, r.id("context_id"))
			if err != nil {
				return answer{}, err
			}
			return listRanges(r, c, apart(of(c)))
		}})
	}
	return routes
}

// listRanges answers which numbers of a context's ranges are free or, with availability=all, all of them; with search only those that have
// its digits in them.
func listRanges(r *request, c *store.Context, ranges []span) (answer, error) {
	availability, search := r.query().Get("availability"), r.query().Get("search")
	switch {
	case r.query().Has("availability") && availability != "all" && availability != "available":
		return answer{}, inputError("availability: ['Must be one of: all, available.']")
	case strings.Trim(search, "0123456789") != "":
		ranges = nil // no number has this in it
	case search != "":
		if ranges = having(ranges, search); len(ranges) > maxRanges {
			return answer{}, inputError("search: more than %d ranges have '%s' in them: give more digits", maxRanges, search)
		}
	}
	if availability != "all" {
		taken := takenNumbers(r.tx, c)
		var free []span
		for _, s := range ranges {
			from, _ := slices.BinarySearch(taken, s.first)
			free = append(free, s.without(taken[from:])...)
		}
		ranges = free
	}
	return list(r, pointers(ranges), listing[span]{
		columns: []column[span]{
			{name: "start", value: func(s *span) any { return s.number(s.first) }, order: true},
			{name: "end", value: func(s *span) any { return s.number(s.last) }, order: true},
		},
		show: func(s *span) any { return store.Range{Start: s.number(s.first), End: s.number(s.last)} },
	})
}

// apart gives spans in order, with those that share numbers as one.
func apart(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.digits, b.digits), cmp.Compare(a.first, b.first)) })
	var all []span
	for _, s := range spans {
		if n := len(all) - 1; n >= 0 && all[n].digits == s.digits && s.first <= all[n].last {
			all[n].last = max(all[n].last, s.last)
			continue
		}
		all = append(all, s)
	}
	return all
}

// takenNumbers are those of a context that are extensions, in order.
func takenNumbers(tx *store.Tx, c *store.Context) []uint64 {
	var taken []uint64
	for e := range tx.ExtensionsIn(c.Name) {
		if n, err := strconv.ParseUint(strings.TrimPrefix(e.Exten, "+"), 10, 64); err == nil {
			taken = append(taken, n)
		}
	}
	slices.Sort(taken)
	return taken
}

// span is numbers that follow each other, all written with as many digits, at most 16.
type span struct {
	first, last uint64
	digits      int
}

// number writes a number of the span.
func (s span) number(n uint64) string { return fmt.Sprintf("%0*d", s.digits, n) }

// without gives what is left of a span when single numbers are taken out of it. They come in order, and may lie outside.
func (s span) without(taken []uint64) []span {
	var left []span
	for _, n := range taken {
		switch {
		case n < s.first:
			continue
		case n > s.last:
			return append(left, s)
		case n > s.first:
			left = append(left, span{s.first, n - 1, s.digits})
		}
		if n == s.last {
			return left
		}
		s.first = n + 1
	}
	return append(left, s)
}

// having gives the parts of spans whose numbers have digits somewhere in them. It stops when there are more than maxRanges.
func having(spans []span, digits string) []span {
	var parts []span
	for _, s := range spans {
		parts = s.having(digits, parts)
	}
	return parts
}

// having is having of one span; what it finds comes after parts.
func (s span) having(digits string, parts []span) []span {
	// below looks at the numbers of the span that begin with a prefix.
	var below func(prefix string)
	below = func(prefix string) {
		free := s.digits - len(prefix)
		from, to := number(prefix, free, '0'), number(prefix, free, '9')
		if to < s.first || from > s.last || len(parts) > maxRanges {
			return
		}
		if strings.Contains(prefix, digits) {
			parts = joinSpan(parts, span{max(from, s.first), min(to, s.last), s.digits})
			return
		}
		if len(digits)-overlap(prefix, digits) > free {
			return // there is no more room for them
		}
		for d := '0'; d <= '9'; d++ {
			below(prefix + string(d))
		}
	}
	below("")
	return parts
}

// number is a prefix followed by so many times a digit.
func number(prefix string, more int, digit rune) uint64 {
	return digitsOf(prefix + strings.Repeat(string(digit), more))
}

// overlap is how many of the first digits the prefix ends with.
func overlap(prefix, digits string) int {
	for n := min(len(prefix), len(digits)); n > 0; n-- {
		if strings.HasSuffix(prefix, digits[:n]) {
			return n
		}
	}
	return 0
}

// joinSpan appends a span, to the last one where it follows it.
func joinSpan(spans []span, next span) []span {
	if n := len(spans) - 1; n >= 0 && spans[n].digits == next.digits && spans[n].last+1 == next.first {
		spans[n].last = next.last
		return spans
	}
	return append(spans, next)
}
