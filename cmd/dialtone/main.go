// Command dialtone is a SIP softswitch: phones register to it, trunks send calls to it, and it runs the company's
// phone menus.
//
// Each command is a struct in a file of its own, with its flags as fields and a Run method; this file is their
// table. A newcomer begins with serve.go, which builds the parts and connects them.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "unversioned"

// commands is the command line.
type commands struct {
	Serve         serveCommand         `cmd:"" help:"Run the server: answer calls, register phones, run the dialplan."`
	Check         checkCommand         `cmd:"" help:"Find faults in dialplan files, by file, line and column."`
	Eval          evalCommand          `cmd:"" help:"Work out variables, functions and expressions as a call would."`
	Match         matchCommand         `cmd:"" help:"Say which extension answers when a number is dialled, and which others come close."`
	Simulate      simulateCommand      `cmd:"" help:"Run a call through a dialplan in virtual time and print what happens."`
	Test          testCommand          `cmd:"" help:"Test phone menus as conversations, in virtual time."`
	Explain       explainCommand       `cmd:"" help:"Explain an application or a function of the dialplan."`
	Call          callCommand          `cmd:"" help:"Call somebody: a SIP telephone for the terminal and for tests."`
	Originate     originateCommand     `cmd:"" help:"Call a phone or a number, and have who answers go to an extension."`
	Calls         callsCommand         `cmd:"" help:"Show the live calls of the running server."`
	Records       recordsCommand       `cmd:"" help:"Print call records as JSON lines or CSV."`
	Events        eventsCommand        `cmd:"" help:"Show calls, keys and registrations as they happen."`
	Trace         traceCommand         `cmd:"" help:"Show the steps, sounds and keys of live calls as they happen."`
	Phone         phoneCommand         `cmd:"" help:"Add, change, list, show, restart and remove phones."`
	Registrations registrationsCommand `cmd:"" help:"Show where the phones are registered, and whether they answer."`
	Trunk         trunkCommand         `cmd:"" help:"Add, change, list, show and remove trunks."`
	Incall        incallCommand        `cmd:"" help:"Add, list and remove numbers that trunks bring."`
	Tenant        tenantCommand        `cmd:"" help:"List, add and remove tenants: companies that share the server."`
	Token         tokenCommand         `cmd:"" help:"Make, list and revoke keys of the REST API."`
	Schedules     schedulesCommand     `cmd:"" help:"Say whether schedules are open, until when and why; switch them by hand, give them exceptions and calendars."`
	Bans          bansCommand          `cmd:"" help:"List, add and lift bans: who is not listened to."`
	DB            dbCommand            `cmd:"" name:"db" help:"List, get, put and delete what dialplans keep by DB()."`
	Export        exportCommand        `cmd:"" help:"Write all objects as one text that a team can keep in git."`
	Import        importCommand        `cmd:"" help:"Read objects from such a text, from a running Wazo or from the files of an Asterisk."`
	Backup        backupCommand        `cmd:"" help:"Save the database, while the server runs or not."`
	Restore       restoreCommand       `cmd:"" help:"Put a backup in the place of the database."`
	Reload        reloadCommand        `cmd:"" help:"Make the running server read its dialplan again."`
	Sounds        soundsCommand        `cmd:"" help:"List, import, speak and export prompts."`
	DTMF          dtmfCommand          `cmd:"" name:"dtmf" help:"Hear the digits in a recording or a capture."`
	Version       versionCommand       `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run parses the command line and runs its command; it gives the exit code: 0, 1 when the command failed, 2 when
// the command line makes no sense.
func run(args []string) int {
	var line commands
	settings := &settingsFile{}
	parser, err := kong.New(&line,
		kong.Name("dialtone"),
		kong.Description("A SIP softswitch in one binary. `dialtone COMMAND --help` explains a command with examples."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Resolvers(settings),
		kong.ExplicitGroups([]kong.Group{}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dialtone:", err)
		return 2
	}
	if err := settings.read(args, parser.Model); err != nil {
		fmt.Fprintln(os.Stderr, "dialtone:", err)
		return 2
	}
	context, err := parser.Parse(args)
	if setting, ok := errors.AsType[*settingError](err); ok {
		fmt.Fprintln(os.Stderr, "dialtone:", setting)
		return 2
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "dialtone: %v\n`dialtone --help` lists the commands, `dialtone COMMAND --help` explains one\n", err)
		return 2
	}
	if err := context.Run(); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "dialtone:", err)
		}
		return 1
	}
	return 0
}

// errSaid fails a command that has said why already.
var errSaid = errors.New("said already")
