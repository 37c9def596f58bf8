package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every command explains itself, with an example that begins with its own name, or with that of the command which means it when
// nothing follows.
func TestEveryCommandHasAnExample(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("dialtone"))
	if err != nil {
		t.Fatal(err)
	}
	leaves := 0
	kong.Visit(parser.Model.Node, func(node kong.Visitable, next kong.Next) error {
		command, ok := node.(*kong.Node)
		if !ok || command.Type != kong.CommandNode || len(command.Children) > 0 {
			return next(nil)
		}
		leaves++
		named := command
		if command.Parent.DefaultCmd == command {
			named = command.Parent
		}
		if command.Help == "" || !strings.Contains(command.Detail, "Example") || !strings.Contains(command.Detail, named.FullPath()) {
			t.Errorf("%s: no example in its help:\n%s", command.FullPath(), command.Detail)
		}
		for _, flag := range command.Flags {
			if flag.Help == "" {
				t.Errorf("%s --%s is not explained", command.FullPath(), flag.Name)
			}
		}
		return next(nil)
	})
	if leaves < 14 {
		t.Errorf("%d commands were looked at", leaves)
	}
}
