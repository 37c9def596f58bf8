package function

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// fileTimes are when a file was read and when it, or its inode, was changed, in epoch seconds.
func fileTimes(info fs.FileInfo) (read, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(s.Atim.Sec), int64(s.Ctim.Sec)
	}
	return info.ModTime().Unix(), info.ModTime().Unix()
}

func systemItem(item string) (string, error) {
	if item == "loadavg" {
		text, err := os.ReadFile("/proc/loadavg")
		load, _, _ := strings.Cut(string(text), " ")
		f, parseErr := strconv.ParseFloat(load, 64)
		if err != nil || parseErr != nil {
			return "", fmt.Errorf("the load is not known")
		}
		return strconv.FormatFloat(f, 'f', 6, 64), nil
	}
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return "", err
	}
	kib := func(n uint64) string { return strconv.FormatUint(n*uint64(info.Unit)/1024, 10) }
	switch item {
	case "uptime":
		return strconv.FormatInt(int64(info.Uptime)/3600, 10), nil
	case "totalram":
		return kib(uint64(info.Totalram)), nil
	case "freeram":
		return kib(uint64(info.Freeram)), nil
	case "bufferram":
		return kib(uint64(info.Bufferram)), nil
	case "totalswap":
		return kib(uint64(info.Totalswap)), nil
	case "freeswap":
		return kib(uint64(info.Freeswap)), nil
	case "numprocs":
		return strconv.Itoa(int(info.Procs)), nil
	}
	return "", fmt.Errorf("unknown item %q: use loadavg, numcalls, uptime, totalram, freeram, bufferram, totalswap, freeswap or numprocs", item)
}
