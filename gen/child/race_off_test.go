//go:build !race

package child

const racing = false
