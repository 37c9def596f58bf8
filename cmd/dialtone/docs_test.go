package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The commands that the README, the pages of docs/ and the helps show are those that there are, with the flags that they have.
func TestCommandsOfThePagesParse(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(&commands{}, kong.Name("dialtone"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?ms)^```.*?^```").FindAllString(string(text), -1) {
			seen += parseCommands(t, parser, filepath.Base(page), block)
		}
	}
	if seen < 50 {
		t.Errorf("the pages have only %d commands", seen)
	}
	helped := 0
	kong.Visit(parser.Model.Node, func(node kong.Visitable, next kong.Next) error {
		if command, ok := node.(*kong.Node); ok {
			helped += parseCommands(t, parser, command.FullPath()+" --help", command.Detail)
		}
		return next(nil)
	})
	if helped < 80 {
		t.Errorf("the helps have only %d commands", helped)
	}
}

// parseCommands has each command of a text parsed, and counts them. What a shell puts into a line is left out with the line.
func parseCommands(t *testing.T, parser *kong.Kong, where, text string) (n int) {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(commandPrefix.ReplaceAllString(line, ""), "dialtone ")
		if !ok || strings.ContainsAny(rest, "…[") || strings.Contains(rest, "$(") {
			continue
		}
		n++
		args := words(rest)
		forget(parser)
		asked := args[len(args)-1] == "--help" // after which kong finds that arguments are missing
		if _, err := parser.Parse(args); err != nil && !asked && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: dialtone %s: %v", where, strings.Join(args, " "), err)
		}
	}
	return n
}

// forget has a parser forget which flags the command before had: making one takes longer than all else here.
func forget(parser *kong.Kong) {
	kong.Visit(parser.Model.Node, func(node kong.Visitable, next kong.Next) error {
		switch node := node.(type) {
		case *kong.Node:
			node.Active = false
		case *kong.Flag:
			node.Set = false
		case *kong.Value:
			node.Set = false
		}
		return next(nil)
	})
}

var commandPrefix = regexp.MustCompile(`^ *(\$ )?(bin/)?`)

// words are a line's words as a shell would take them, up to a comment, a pipe, a file, or what stands beside the command, three blanks
// from it.
func words(line string) (words []string) {
	line = strings.TrimSpace(line)
	for line != "" && !strings.ContainsRune("#|<>", rune(line[0])) {
		word, quote := "", rune(0)
		end := strings.IndexFunc(line, func(r rune) bool {
			switch {
			case r == quote:
				quote = 0
			case quote == 0 && (r == '\'' || r == '"'):
				quote = r
			case quote == 0 && r == ' ':
				return true
			default:
				word += string(r)
			}
			return false
		})
		words = append(words, word)
		if end < 0 || strings.HasPrefix(line[end:], "   ") {
			break
		}
		line = strings.TrimLeft(line[end:], " ")
	}
	return words
}
