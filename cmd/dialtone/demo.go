package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"dialtone/examples"
	"dialtone/sounds"
	"dialtone/store"
)

// demoFiles are the dialplan files that the first start writes.
var demoFiles = []string{
	"minimal/dp-ivr-example.conf",
	"demo/default.conf", "demo/dp-ivr-submenu.conf", "demo/my-ivr-destination-context.conf", "demo/phones.conf",
	"demo/xivo-extrafeatures.conf",
}

// demoPhones are the accounts that the first start makes, in the context default.
var demoPhones = []string{"1000", "1001"}

// writeDemo fills a new data directory: two phones, whose passwords are printed this once, the page's menus, and their
// prompts. Files that are there stay as they are.
func writeDemo(out io.Writer, data, dialplan string, s *store.Store) error {
	if err := os.MkdirAll(dialplan, 0o755); err != nil {
		return err
	}
	for _, name := range demoFiles {
		text, err := examples.Files.ReadFile(name)
		if err != nil {
			return err
		}
		if err := writeNew(filepath.Join(dialplan, path.Base(name)), text); err != nil {
			return err
		}
	}
	if err := sounds.Demo(filepath.Join(data, "sounds")); err != nil {
		return err
	}
	fmt.Fprintf(out, "a demo is in %s:\n", data)
	for _, number := range demoPhones {
		password := store.NewPassword()
		if _, err := s.Phones().Put(number, store.NewPhone(number, password, "default"), store.New); err != nil {
			return err
		}
		fmt.Fprintf(out, "  phone %s  password %s\n", number, password)
	}
	fmt.Fprintln(out, "  the phones call each other by their numbers; 8899 is a phone menu, 8898 one with a submenu")
	fmt.Fprintf(out, "  try it in a second terminal: %s\n", firstCall(data))
	return nil
}

// firstCall is the command that calls the menu, as this program was called.
func firstCall(data string) string {
	command := os.Args[0] + " call 8899 --press wwwww1"
	if data != "./data" {
		command += " --data " + data
	}
	return command
}

// writeNew writes a file, unless it is there.
func writeNew(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
