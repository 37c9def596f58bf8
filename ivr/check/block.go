package check

import (
	"slices"
	"strings"

	"dialtone/ivr"
)

// block is a While … EndWhile or If … EndIf by the order of an extension's lines.
type block struct {
	outer *block // the block of either kind in which it stands; nil: none
	open  string // "while" or "if"
	start int32  // its line
	marks []int32
	end   int32 // the line that closes it; below 0: there is none
}

// opener gives for the words of a block the one that opens it.
var opener = map[string]string{
	"while": "while", "endwhile": "while", "continuewhile": "while", "exitwhile": "while",
	"if": "if", "elseif": "if", "else": "if", "endif": "if", "exitif": "if",
}

// pair finds the blocks of an extension's lines.
func (c *checker) pair(lines []node) {
	var inside *block
	for i := range lines {
		n := &lines[i]
		name := n.calls[0].name
		if opener[name] == "" {
			n.block = inside
			continue
		}
		at := c.at[n.line]
		switch name {
		case "while", "if":
			inside = &block{outer: inside, open: name, start: at, end: -1}
			n.block = inside
		case "endwhile", "endif":
			n.block = inside.innermost(opener[name])
			if n.block != nil {
				n.block.end = at
				inside = n.block.outer
			}
		case "else", "elseif":
			if n.block = inside.innermost("if"); n.block != nil {
				n.block.marks = append(n.block.marks, at)
			}
		default:
			n.block = inside
		}
	}
}

// innermost is the innermost block of a kind round b, b itself perhaps; nil: none.
func (b *block) innermost(open string) *block {
	for b != nil && b.open != open {
		b = b.outer
	}
	return b
}

// joinBlock adds where a word of a block leads.
func (c *checker) joinBlock(n *node, call call) {
	open := opener[call.name]
	if open == "" {
		return
	}
	b := n.block.innermost(open)
	if b == nil || b.end < 0 {
		n.falls = true // a warning, and the call goes on
		return
	}
	behind := func(at int32) { n.to = append(n.to, c.following(c.nodes[at].line)...) }
	leave := func() {
		behind(b.end)
		n.ends = n.ends || len(c.following(c.nodes[b.end].line)) == 0
	}
	switch call.name {
	case "while":
		if text := call.args.text; strings.Contains(text, "$") || !ivr.True(text) {
			leave()
		}
	case "exitwhile", "else", "exitif":
		leave()
	case "endwhile", "continuewhile":
		n.to = append(n.to, b.start)
	case "if", "elseif":
		at := c.at[n.line]
		i := slices.IndexFunc(b.marks, func(m int32) bool { return m > at })
		switch {
		case i < 0:
			leave()
		case c.nodes[b.marks[i]].calls[0].name == "elseif":
			n.to = append(n.to, b.marks[i])
		default:
			n.to = append(n.to, b.marks[i])
			behind(b.marks[i])
		}
		if call.name == "elseif" {
			leave()
		}
	}
}

// blocks checks that the words of blocks belong together.
func (c *checker) blocks(n *node) {
	for _, call := range n.calls {
		open := opener[call.name]
		if open == "" {
			continue
		}
		b := n.block.innermost(open)
		close := map[string]string{"while": "EndWhile", "if": "EndIf"}[open]
		switch {
		case call.name == open && call.nameAt >= 0:
			c.add(Block, Warning, call.nameAt, "", "%s within another application opens no block: it must be a line of its own", call.app)
		case b == nil:
			c.add(Block, Warning, call.nameAt, "", "%s without %s before it in this extension: the call goes on with the next line", call.app, c.known.Apps[open].Name)
		case call.name == open && b.end < 0:
			c.add(Block, Warning, call.nameAt, "", "%s without %s behind it in this extension: when the condition is false, the call goes on with the next line", call.app, close)
		case call.name == "else" || call.name == "elseif":
			for _, m := range b.marks {
				if m < c.at[n.line] && c.nodes[m].calls[0].name == "else" {
					c.add(Block, Warning, call.nameAt, "", "%s behind the Else of the same If: it is never reached", call.app)
				}
			}
		}
	}
}
