//go:build !linux

package sip

import "net"

// stamped has the kernel note when datagrams come: here it cannot.
func stamped(conn *net.UDPConn) PacketConn { return conn }
