package dialplan

import (
	"cmp"
	"math/bits"
	"strings"
)

// A pattern is what stands behind the "_" of an extension:
//
//	X x    0-9                     [15-7]   1, 5, 6 or 7; "\" before [ ] \ - takes its meaning
//	Z z    1-9                     .        one or more characters, whatever they are
//	N n    2-9                     !        none or more
//	-      nothing, for reading    other    itself
//
// What follows "." or "!" does not count. A name without "_" is a pattern, too, of which each character but "-" stands for itself.
type pattern struct {
	sets []set
	tail byte // '.', '!' or 0: the pattern ends with its last set
}

// set is a set of characters.
type set [4]uint64

func (s *set) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 == 1 }

func (s *set) size() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

// lowest is the first member of a set that is not empty.
func (s *set) lowest() byte {
	for i, w := range s {
		if w != 0 {
			return byte(i<<6 + bits.TrailingZeros64(w))
		}
	}
	return 0
}

// compare says which set is tried first: the smaller one; of equal size the one with the lower first member, then with the lower
// next one.
func (s *set) compare(t *set) int {
	if c := cmp.Compare(s.size(), t.size()); c != 0 {
		return c
	}
	for i := range s {
		if diff := s[i] ^ t[i]; diff != 0 {
			if s[i]>>bits.TrailingZeros64(diff)&1 == 1 {
				return -1 // the lowest member that they do not share is in s
			}
			return 1
		}
	}
	return 0
}

var (
	setX = span('0', '9')
	setZ = span('1', '9')
	setN = span('2', '9')
)

func span(low, high byte) (s set) {
	for c := int(low); c <= int(high); c++ {
		s.add(byte(c))
	}
	return s
}

// compile reads an extension's name. An error: it never matches anything.
func compile(name string) (pattern, error) {
	var p pattern
	if name == "" || name[0] != '_' {
		for i := range len(name) {
			if name[i] != '-' {
				p.sets = append(p.sets, span(name[i], name[i]))
			}
		}
		return p, nil
	}
	for s := name[1:]; s != ""; {
		c := s[0]
		s = s[1:]
		switch c {
		case '-':
		case 'X', 'x':
			p.sets = append(p.sets, setX)
		case 'Z', 'z':
			p.sets = append(p.sets, setZ)
		case 'N', 'n':
			p.sets = append(p.sets, setN)
		case '.', '!':
			p.tail = c
			return p, nil
		case '[':
			members, rest, err := readSet(s)
			if err != nil {
				return pattern{}, err
			}
			p.sets = append(p.sets, members)
			s = rest
		default:
			p.sets = append(p.sets, span(c, c))
		}
	}
	return p, nil
}

// patternError says why a pattern never matches.
type patternError string

func (e patternError) Error() string { return string(e) }

// readSet reads a set, of which the "[" has been read, and gives what follows it.
func readSet(s string) (members set, rest string, err error) {
	for {
		low, escaped, n := member(s)
		switch {
		case n == 0:
			return set{}, "", patternError(`a "[" without "]"`)
		case low == ']' && !escaped:
			if members == (set{}) {
				return set{}, "", patternError("a set without a character")
			}
			return members, s[n:], nil
		}
		s = s[n:]
		if len(s) > 1 && s[0] == '-' && s[1] != ']' {
			high, _, n := member(s[1:])
			for c := int(low); c <= int(high); c++ {
				members.add(byte(c))
			}
			s = s[1+n:]
			continue
		}
		members.add(low)
	}
}

// member reads one character of a set: its length in s is 1 or, with a backslash, 2; 0 at the end of s.
func member(s string) (c byte, escaped bool, n int) {
	switch {
	case s == "":
		return 0, false, 0
	case s[0] == '\\' && len(s) > 1 && strings.IndexByte(`[]\-`, s[1]) >= 0:
		return s[1], true, 2
	}
	return s[0], false, 1
}

// matches tells whether the pattern fits text, in which dashes have been left out, exactly.
func (p *pattern) matches(text string) bool {
	if len(text) < len(p.sets) {
		return false
	}
	for i := range p.sets {
		if !p.sets[i].has(text[i]) {
			return false
		}
	}
	switch rest := len(text) - len(p.sets); p.tail {
	case '.':
		return rest > 0
	case '!':
		return true
	default:
		return rest == 0
	}
}

// Fits tells whether an extension's name, a pattern or not, fits what is dialled, exactly. An error says why the name never fits
// anything.
func Fits(name, dialled string) (bool, error) {
	p, err := compile(name)
	if err != nil {
		return false, err
	}
	return p.matches(plain(dialled)), nil
}

// compare says which pattern is tried first, position by position: sets by their own order, then ".", then "!", then the end.
func (p *pattern) compare(q *pattern) int {
	for i := range min(len(p.sets), len(q.sets)) {
		if c := p.sets[i].compare(&q.sets[i]); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(q.sets), len(p.sets)); c != 0 {
		return c // the longer one has a set where the other one has ".", "!" or nothing
	}
	return cmp.Compare(tailOrder(p.tail), tailOrder(q.tail))
}

func tailOrder(tail byte) int { return strings.IndexByte(".!\x00", tail) }

// plain leaves the dashes out of an extension's name or of what was dialled.
func plain(name string) string {
	if strings.IndexByte(name, '-') < 0 {
		return name
	}
	return strings.ReplaceAll(name, "-", "")
}
