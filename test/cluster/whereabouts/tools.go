//go:build tools

// whereabouts, pinned by go.mod and go.sum: the plugin, and what its DaemonSet runs beside it.
package whereabouts

import (
	_ "github.com/k8snetworkplumbingwg/whereabouts/cmd"
	_ "github.com/k8snetworkplumbingwg/whereabouts/cmd/controlloop"
)
