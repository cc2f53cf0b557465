// Package dap is the Debug Adapter Protocol front that editors connect to. It
// outlives the programs that are debugged.
package dap
