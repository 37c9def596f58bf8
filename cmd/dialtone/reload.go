package main

import "fmt"

type reloadCommand struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (reloadCommand) Help() string {
	return `Makes the running server read its dialplan again, as it does by itself when a file changes, and prints what is wrong in it.
Calls that are up go on in the new dialplan with their next step. A dialplan whose structure cannot be read is refused:
the one before stays in force, and the exit code is 1.

Examples:
  dialtone reload
  dialtone reload --data /var/lib/dialtone
  dialtone reload --json | jq .contexts`
}

// Run asks the server.
func (c reloadCommand) Run() error {
	control, err := dialControl(c.Data)
	if err != nil {
		return err
	}
	defer control.Close()
	var report reloadReport
	if err := control.ask("POST", "/reload", nil, &report); err != nil {
		return err
	}
	switch {
	case c.JSON:
		err = printJSON(report)
	default:
		report.print()
	}
	if err == nil && report.Refused {
		return errSaid
	}
	return err
}

func (r reloadReport) print() {
	for _, p := range r.Problems {
		fmt.Println(p)
	}
	if r.Refused {
		fmt.Printf("refused: the dialplan before stays in force, with %d contexts\n", len(r.Contexts))
		return
	}
	fmt.Printf("%d contexts from %d files of %s are in force:\n", len(r.Contexts), r.Files, r.Directory)
	for _, name := range r.Contexts {
		fmt.Println("  " + name)
	}
}
