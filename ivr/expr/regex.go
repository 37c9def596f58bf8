package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// match is text : pattern (anchored) and text =~ pattern. With a group in the pattern the result is the text of the first
// group, without one the length of the match in bytes. No match: empty and 0.
func match(text, pattern string, anchored bool, s Scope) value {
	re, err := compile(pattern)
	if err != nil {
		s.Warn("regular expression %q: %v", clip(pattern), err)
		return textValue("")
	}
	subject := widen(text)
	m := re.FindStringSubmatchIndex(subject)
	switch {
	case m == nil || anchored && m[0] != 0:
		if re.NumSubexp() > 0 {
			return textValue("")
		}
		return truth(false)
	case re.NumSubexp() > 0 && m[2] >= 0:
		return textValue(narrow(subject[m[2]:m[3]]))
	}
	return numberValue(number(int64(len(narrow(subject[m[0]:m[1]])))))
}

// compile translates a POSIX extended regular expression into Go's syntax. POSIX finds the longest of the leftmost matches and
// works on bytes here; its bracket expressions know no escapes, and braces, stars and brackets without sense are
// errors or ordinary characters by other rules than Go's. References back (\1) are refused.
func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > MaxSize {
		return nil, errors.New("too long")
	}
	t := translation{in: pattern}
	t.out.WriteString("(?s)")
	for t.i < len(t.in) {
		if err := t.step(); err != nil {
			return nil, err
		}
	}
	re, err := regexp.Compile(widen(t.out.String()))
	if err != nil {
		var syntaxError interface{ Unwrap() error }
		if errors.As(err, &syntaxError) {
			err = syntaxError.Unwrap()
		}
		return nil, fmt.Errorf("cannot be used: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re.Longest()
	return re, nil
}

// widen makes each byte of s one character, so that a regular expression sees bytes.
func widen(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			runes := make([]rune, len(s))
			for j := range len(s) {
				runes[j] = rune(s[j])
			}
			return string(runes)
		}
	}
	return s
}

// narrow is the inverse of widen.
func narrow(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// translation is a pattern half translated.
type translation struct {
	in      string
	i       int
	out     strings.Builder
	open    int  // groups not closed yet
	operand bool // something stands here that can be repeated
	last    int  // length of out before the repetition just written, or 0: there was none
}

// step translates the next character or bracket expression.
func (t *translation) step() error {
	c := t.in[t.i]
	t.i++
	switch c {
	case '*', '+', '?':
		return t.repeat(string(c))
	case '{':
		return t.braces()
	case '[':
		t.atom()
		return t.set()
	case '(':
		t.open++
		t.out.WriteByte('(')
		t.operand, t.last = false, 0
	case ')':
		if t.open == 0 {
			t.literal(')')
			return nil
		}
		t.open--
		t.out.WriteByte(')')
		t.atom()
	case '|', '^':
		t.out.WriteByte(c)
		t.operand, t.last = false, 0
	case '.', '$':
		t.out.WriteByte(c)
		t.atom()
	case '\\':
		return t.escape()
	default:
		t.literal(c)
	}
	return nil
}

func (t *translation) atom() { t.operand, t.last = true, 0 }

func (t *translation) literal(c byte) {
	if c < 0x80 {
		t.out.WriteString(regexp.QuoteMeta(string(rune(c))))
	} else {
		t.out.WriteByte(c)
	}
	t.atom()
}

// repeat writes *, + or ?. A repetition of a repetition (a+?) is what both together mean, not Go's lazy form.
func (t *translation) repeat(op string) error {
	if !t.operand {
		return fmt.Errorf("nothing stands before %s", op)
	}
	if t.last > 0 {
		before := t.out.String()
		if before[t.last:] == op {
			return nil
		}
		if strings.HasSuffix(before, "}") {
			return fmt.Errorf("%s behind a repetition in braces", op)
		}
		t.out.Reset()
		t.out.WriteString(before[:t.last])
		op = "*"
	}
	t.last = t.out.Len()
	t.out.WriteString(op)
	return nil
}

// braces writes {m}, {m,}, {,n} or {m,n}.
func (t *translation) braces() error {
	inside, _, ok := strings.Cut(t.in[t.i:], "}")
	if !ok {
		return errors.New("missing }")
	}
	low, high, two := strings.Cut(inside, ",")
	if low == "" && two {
		low = "0"
	}
	if _, err := strconv.ParseUint(low, 10, 16); err != nil {
		return fmt.Errorf("no number in {%s}", clip(inside))
	}
	if _, err := strconv.ParseUint(high, 10, 16); two && high != "" && err != nil {
		return fmt.Errorf("no number in {%s}", clip(inside))
	}
	if !t.operand || t.last > 0 {
		return fmt.Errorf("nothing stands before {%s}", clip(inside))
	}
	t.i += len(inside) + 1
	t.last = t.out.Len()
	t.out.WriteString("{" + low)
	if two {
		t.out.WriteString("," + high)
	}
	t.out.WriteByte('}')
	return nil
}

// escape translates a backslash: the GNU classes and borders of words, else the character itself.
func (t *translation) escape() error {
	if t.i == len(t.in) {
		return errors.New("a backslash at the end")
	}
	c := t.in[t.i]
	t.i++
	switch c {
	case 'w', 'W', 's', 'S', 'b', 'B':
		t.out.WriteString(`\` + string(rune(c)))
		t.atom()
	case '<', '>':
		t.out.WriteString(`\b`)
		t.atom()
	case '`':
		t.out.WriteString(`\A`)
		t.atom()
	case '\'':
		t.out.WriteString(`\z`)
		t.atom()
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return fmt.Errorf(`references like \%c are not supported`, c)
	default:
		t.literal(c)
	}
	return nil
}

// set translates a bracket expression, of which the [ has been read.
func (t *translation) set() error {
	t.out.WriteByte('[')
	if t.i < len(t.in) && t.in[t.i] == '^' {
		t.out.WriteByte('^')
		t.i++
	}
	for first := true; ; first = false {
		if t.i >= len(t.in) {
			return errors.New("missing ]")
		}
		rest := t.in[t.i:]
		if rest[0] == ']' && !first {
			t.i++
			t.out.WriteByte(']')
			return nil
		}
		if strings.HasPrefix(rest, "[:") {
			n := strings.Index(rest, ":]")
			if n < 0 {
				return errors.New("missing :]")
			}
			t.out.WriteString(rest[:n+2])
			t.i += n + 2
			continue
		}
		low := t.member()
		high := low
		if rest = t.in[t.i:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			t.i++
			high = t.member()
		}
		if high < low {
			return fmt.Errorf("the range %c-%c runs backwards", low, high)
		}
		fmt.Fprintf(&t.out, `\x{%x}-\x{%x}`, low, high)
	}
}

// member reads one character of a set, also as [.c.] or [=c=].
func (t *translation) member() byte {
	rest := t.in[t.i:]
	if len(rest) >= 5 && rest[0] == '[' && (rest[1] == '.' || rest[1] == '=') && rest[3] == rest[1] && rest[4] == ']' {
		t.i += 5
		return rest[2]
	}
	t.i++
	return rest[0]
}
