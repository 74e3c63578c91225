//go:build tools

// Flannel's own plugin, from the last release of the reference plugins that had it: what K3s's is a copy of.
package flannel

import (
	_ "github.com/containernetworking/plugins/plugins/meta/flannel"
)
