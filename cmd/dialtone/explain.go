package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

type explainCommand struct {
	Name string `arg:"" optional:"" help:"Of an application or a function; all are listed without one."`
}

func (explainCommand) Help() string {
	return `Prints what an application or a function of the dialplan does, its arguments and the variables that it sets.

Examples:
  dialtone explain
  dialtone explain Playback
  dialtone explain CUT`
}

// Run prints one, or the list of all.
func (c explainCommand) Run() error {
	if c.Name == "" {
		return listKnown()
	}
	found := false
	if a := app.All()[strings.ToLower(c.Name)]; a != nil {
		found = true
		printKnown(a.Name+"("+a.Syntax+")", a.Synopsis, a.Doc)
		if len(a.Sets) > 0 {
			fmt.Println("\nSets " + strings.Join(a.Sets, ", ") + ".")
		}
	}
	if f := function.All()[strings.ToUpper(c.Name)]; f != nil {
		if found {
			fmt.Println()
		}
		found = true
		forms := []string{}
		if f.Read != nil {
			forms = append(forms, "${"+f.Name+"("+f.Syntax+")}")
		}
		if f.Write != nil {
			forms = append(forms, "Set("+f.Name+"("+f.Syntax+")=value)")
		}
		printKnown(strings.Join(forms, "\n"), f.Synopsis, f.Doc)
	}
	if !found {
		return c.unknown()
	}
	return nil
}

// unknown says what may have been meant.
func (c explainCommand) unknown() error {
	names := slices.Collect(maps.Keys(function.All()))
	for _, a := range app.All() {
		names = append(names, a.Name)
	}
	if near := dialplan.Nearest(c.Name, names, 2); near != "" {
		return fmt.Errorf("there is no application or function %q (did you mean %s?)", c.Name, near)
	}
	return fmt.Errorf("there is no application or function %q (`dialtone explain` lists them)", c.Name)
}

func printKnown(forms, synopsis, doc string) {
	fmt.Printf("%s\n\n%s%s.\n", forms, strings.ToUpper(synopsis[:1]), synopsis[1:])
	if doc != "" {
		fmt.Println("\n" + wrap(doc, 100))
	}
}

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int) string {
	var out strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}

func listKnown() error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "APPLICATION\t")
	apps := app.All()
	for _, name := range slices.Sorted(maps.Keys(apps)) {
		fmt.Fprintf(w, "%s\t%s\n", apps[name].Name, apps[name].Synopsis)
	}
	fmt.Fprintln(w, "\t\nFUNCTION\t")
	functions := function.All()
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		fmt.Fprintf(w, "%s\t%s\n", name, functions[name].Synopsis)
	}
	return w.Flush()
}
