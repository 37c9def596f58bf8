package function

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var machine = []ivr.Function{
	{Name: "ENV", Synopsis: "a variable of the server's environment", Syntax: "variable", Doc: "Off unless the server is started with --allow-env.",
		Read: func(r *ivr.Run, args string) (string, error) {
			if !r.Allow().Env {
				return "", errEnv
			}
			return os.Getenv(args), nil
		},
		Write: func(r *ivr.Run, args, value string) error {
			switch {
			case !r.Allow().Env:
				return errEnv
			case args == "":
				return errors.New("needs the name of a variable")
			case value == "":
				return os.Unsetenv(args)
			}
			return os.Setenv(args, value)
		}},
	{Name: "STAT", Synopsis: "what a file is", Syntax: "flag,file",
		Doc: "Flags: e whether it exists, d whether it is a directory, f whether it is a file, s its size, m its mode in octal digits, A, M and C when it was read, written and changed, in seconds. " +
			"A file that is missing: 0. Off but for the directories of --allow-files.",
		Read: stat},
	{Name: "SYSINFO", Synopsis: "how the machine does", Syntax: "item",
		Doc:  "Items: loadavg (of the last minute), numcalls, uptime in hours, totalram, freeram, bufferram, totalswap, freeswap in KiB, numprocs.",
		Read: sysInfo},
	{Name: "VERSION", Synopsis: "the version of this server", Syntax: "[item]", Doc: "Without an item, or with ASTERISK_VERSION_NUM, the version of Asterisk whose behaviour it has.",
		Read: func(_ *ivr.Run, args string) (string, error) {
			if strings.EqualFold(args, "ASTERISK_VERSION_NUM") {
				return "230401", nil
			}
			return "23.4.1", nil
		}},
}

var errEnv = errors.New("the environment is not for the dialplan: the server's setting --allow-env opens it")

func stat(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	flag, file := list[0], argument(list, 1)
	if file == "" {
		return "", errors.New("needs a flag and a file")
	}
	if !r.Allow().File(file) {
		return "", fmt.Errorf("the file %q is not for the dialplan: the server's setting --allow-files opens directories", file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "0", nil
	}
	switch flag {
	case "e":
		return "1", nil
	case "d":
		return truth(info.IsDir()), nil
	case "f":
		return truth(info.Mode().IsRegular()), nil
	case "s":
		return strconv.FormatInt(info.Size(), 10), nil
	case "m":
		return strconv.FormatUint(uint64(unixMode(info.Mode())), 8), nil
	case "M":
		return strconv.FormatInt(info.ModTime().Unix(), 10), nil
	case "A", "C":
		read, changed := fileTimes(info)
		if flag == "A" {
			return strconv.FormatInt(read, 10), nil
		}
		return strconv.FormatInt(changed, 10), nil
	}
	return "", fmt.Errorf("unknown flag %q: use one of d, e, f, m, s, A, C, M", flag)
}

// unixMode are the bits of chmod.
func unixMode(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

func sysInfo(r *ivr.Run, args string) (string, error) {
	if strings.EqualFold(args, "numcalls") {
		return strconv.Itoa(r.Calls()), nil
	}
	return systemItem(strings.ToLower(args))
}
