//go:build tools

// Helm, pinned by go.mod and go.sum: the tests render the chart with it.
package helm

import (
	_ "helm.sh/helm/v3/cmd/helm"
)
