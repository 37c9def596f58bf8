package function

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var encodings = []ivr.Function{
	{Name: "MD5", Synopsis: "MD5 sum in hexadecimal", Syntax: "text", Read: digest(func(s string) []byte { d := md5.Sum([]byte(s)); return d[:] })},
	{Name: "SHA1", Synopsis: "SHA-1 sum in hexadecimal", Syntax: "text", Read: digest(func(s string) []byte { d := sha1.Sum([]byte(s)); return d[:] })},
	{Name: "BASE64_ENCODE", Synopsis: "text in base 64", Syntax: "text",
		Read: plain(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	{Name: "BASE64_DECODE", Synopsis: "text of a base 64 form", Syntax: "text", Read: base64Decode},
	{Name: "URIENCODE", Synopsis: "text with the characters that a URI cannot hold as %xx", Syntax: "text", Read: plain(uriEncode)},
	{Name: "URIDECODE", Synopsis: "text of a form with %xx", Syntax: "text", Doc: "A bad %xx stays as it is, and + is a plus.", Read: plain(uriDecode)},
}

func digest(sum func(string) []byte) func(*ivr.Run, string) (string, error) {
	return func(_ *ivr.Run, args string) (string, error) {
		if args == "" {
			return "", errors.New("needs a text")
		}
		return hex.EncodeToString(sum(args)), nil
	}
}

func base64Decode(_ *ivr.Run, args string) (string, error) {
	data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(args, "="))
	if err != nil {
		return "", fmt.Errorf("%q is not base 64", args)
	}
	return string(data), nil
}

// uriEncode leaves the unreserved characters of RFC 3986 §2.3.
func uriEncode(s string) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

func uriDecode(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
