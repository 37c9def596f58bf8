package dialplan

import (
	"bytes"
	"fmt"
	"strings"
)

// A File is a configuration file as lines. Nothing of its text is lost, so that a change can be written back
// around what a person wrote.
type File struct {
	Name  string
	Lines []Line
}

// Kind is what a line is.
type Kind uint8

const (
	Blank     Kind = iota // nothing, or a comment
	Section               // [Key], or [Key](Value)
	Directive             // #Key Value
	Setting               // Key = Value, or Key => Value
	Broken                // none of these; told as a Problem
)

// A Line is one line of a file.
type Line struct {
	Number  int
	Raw     string // as it stands in the file, without the end of the line
	Kind    Kind
	Key     string // without the blanks round it, but those of a section's name
	Value   string // without the blanks round it
	Options bool   // a section has a (Value)

	file    *File
	keyAt   int   // offset of Key in the text without comments
	valueAt int   // of Value
	from    []int // where each byte of that text stands in Raw; nil: in the same place
}

// maxLine is the longest line, in bytes, that is read.
const maxLine = 8190

// Parse cuts a file into lines. Comments go from ";" to the end of the line; "\;" is a semicolon. ";--" opens a block, at the start of a line
// or in it, and "--;" closes it; blocks nest, and three dashes open none.
//
// The problems are those of the lines by themselves: too long, an unclosed bracket, no "=". Broken brackets are of the
// structure. What the lines mean together is found by Load.
func Parse(name string, data []byte) (*File, []Problem) {
	p := fileParser{file: &File{Name: name}}
	text := string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	p.file.Lines = make([]Line, 0, strings.Count(text, "\n")+1)
	for number := 1; text != ""; number++ {
		raw, rest, _ := strings.Cut(text, "\n")
		p.line(number, strings.TrimSuffix(raw, "\r"))
		text = rest
	}
	if n := len(p.blocks); n > 0 {
		p.problem(p.blocks[0], Warning, false, `the comment that begins here with ";--" is never closed with "--;": the rest of the file is comment`)
	}
	return p.file, p.problems
}

type fileParser struct {
	file     *File
	problems []Problem
	blocks   []Pos // where the open comment blocks begin
}

func (p *fileParser) problem(at Pos, severity Severity, structure bool, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos: at, Severity: severity, Structure: structure, Text: fmt.Sprintf(format, args...)})
}

func (p *fileParser) line(number int, raw string) {
	p.file.Lines = append(p.file.Lines, Line{Number: number, Raw: raw, file: p.file})
	l := &p.file.Lines[len(p.file.Lines)-1]
	if len(raw) > maxLine {
		p.problem(l.pos(0), Error, false, "the line is %d bytes long, more than %d: it is skipped", len(raw), maxLine)
		return
	}
	if text, at := trim(p.withoutComments(l), 0); text != "" {
		p.classify(l, text, at)
	}
}

// isBlank are the characters that do not count at the ends of a text.
func isBlank(r rune) bool { return r <= ' ' }

// trim takes the blanks off both ends of a text at an offset, and gives the offset of what is left.
func trim(text string, at int) (string, int) {
	left := strings.TrimLeftFunc(text, isBlank)
	return strings.TrimRightFunc(left, isBlank), at + len(text) - len(left)
}

// withoutComments is the text of a line without its comments. It follows and changes the blocks that are open.
func (p *fileParser) withoutComments(l *Line) string {
	raw := l.Raw
	if len(p.blocks) == 0 && strings.IndexByte(raw, ';') < 0 {
		return raw
	}
	var text []byte
	var from []int
	closable := 0 // where a block's "--;" can begin
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] != ';':
			if len(p.blocks) == 0 {
				text, from = append(text, raw[i]), append(from, i)
			}
		case i > 0 && raw[i-1] == '\\':
			if len(p.blocks) == 0 {
				text[len(text)-1] = ';'
			}
		case strings.HasPrefix(raw[i:], ";--") && !strings.HasPrefix(raw[i:], ";---"):
			p.blocks = append(p.blocks, Pos{p.file.Name, l.Number, i + 1})
			i += 2
			closable = i + 1
		case len(p.blocks) > 0 && i >= closable+2 && raw[i-2:i] == "--":
			p.blocks = p.blocks[:len(p.blocks)-1]
		case len(p.blocks) == 0:
			l.from = from
			return string(text)
		}
	}
	l.from = from
	return string(text)
}

// classify finds out what a line is, whose text without comments and blanks begins at an offset.
func (p *fileParser) classify(l *Line, text string, at int) {
	switch text[0] {
	case '[':
		p.section(l, text[1:], at+1)
		return
	case '#':
		l.Kind = Directive
		end := strings.IndexFunc(text, isBlank)
		if end < 0 {
			end = len(text)
		}
		l.Key, l.keyAt = text[1:end], at+1
		l.Value, l.valueAt = trim(text[end:], at+end)
		return
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		l.Kind, l.keyAt = Broken, at
		p.problem(l.pos(at), Error, false, "%q has no \"=\": the line is skipped", clip(text))
		return
	}
	l.Kind = Setting
	l.Key, l.keyAt = trim(key, at)
	at += len(key) + 1
	if strings.HasPrefix(value, ">") {
		value = value[1:]
		at++
	}
	l.Value, l.valueAt = trim(value, at)
}

// section reads name](options), whose "[" has been read.
func (p *fileParser) section(l *Line, text string, at int) {
	l.Kind, l.keyAt = Broken, at
	name, rest, ok := strings.Cut(text, "]")
	if !ok {
		p.problem(l.pos(at-1), Error, true, "the section's name has no closing \"]\"")
		return
	}
	if strings.HasPrefix(rest, "(") {
		at += len(name) + 2
		if rest, _, ok = strings.Cut(rest[1:], ")"); !ok {
			p.problem(l.pos(at-1), Error, true, "the templates behind the section's name have no closing \")\"")
			return
		}
		l.Options, l.Value, l.valueAt = true, rest, at
	}
	l.Kind, l.Key = Section, name
}

// pos is the place in the file of an offset in the line's text without comments.
func (l *Line) pos(offset int) Pos {
	if l.from != nil {
		if offset < len(l.from) {
			offset = l.from[offset]
		} else {
			offset = len(l.Raw)
		}
	}
	return Pos{l.file.Name, l.Number, offset + 1}
}

// clip shortens a text for a message.
func clip(text string) string {
	if len(text) > 60 {
		return text[:57] + "..."
	}
	return text
}
