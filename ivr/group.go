package ivr

import (
	"maps"
	"regexp"
	"slices"
	"sync"
)

// Groups counts live calls by group, over all runs that share it; see GROUP().
// The zero category is that of a group set without one. Safe for concurrent use.
type Groups struct {
	mu sync.Mutex
	m  map[*Run]map[string]string // group by category
}

// NewGroups makes an empty count.
func NewGroups() *Groups { return &Groups{m: map[*Run]map[string]string{}} }

// Count tells how many calls are in a group of a category.
func (g *Groups) Count(group, category string) int {
	return g.count(category, func(x string) bool { return x == group })
}

// CountMatching tells how many calls are in a group of a category whose name
// matches.
func (g *Groups) CountMatching(re *regexp.Regexp, category string) int {
	return g.count(category, re.MatchString)
}

func (g *Groups) count(category string, match func(string) bool) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, groups := range g.m {
		if group, ok := groups[category]; ok && match(group) {
			n++
		}
	}
	return n
}

func (g *Groups) leave(r *Run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.m, r)
}

// SetGroup puts the call into a group of a category; an empty group takes it out.
func (r *Run) SetGroup(category, group string) {
	member := maps.Clone(r.member)
	if member == nil {
		member = map[string]string{}
	}
	if group == "" {
		delete(member, category)
	} else if _, in := member[category]; in || len(member) < r.limits.Variables {
		member[category] = group
	}
	r.member = member
	r.groups.mu.Lock()
	defer r.groups.mu.Unlock()
	r.groups.m[r] = member
}

// LeaveGroups takes the call out of its groups, which a run that is not executed as a whole has to do itself.
func (r *Run) LeaveGroups() { r.groups.leave(r) }

// Group is the group of a category that the call is in; empty: none.
func (r *Run) Group(category string) string { return r.member[category] }

// GroupCategories are the categories in which the call has a group, sorted.
func (r *Run) GroupCategories() []string { return slices.Sorted(maps.Keys(r.member)) }

// Groups counts the live calls of all groups.
func (r *Run) Groups() *Groups { return r.groups }
