//go:build tools

// The reference plugins, pinned by go.mod and go.sum: newer than Debian's, they speak CNI 1.1.0 (GC and STATUS).
package plugins

import (
	_ "github.com/containernetworking/plugins/plugins/ipam/host-local"
	_ "github.com/containernetworking/plugins/plugins/main/macvlan"
	_ "github.com/containernetworking/plugins/plugins/main/vlan"
)
