// Package power tells whether the machine should be spared work that nobody asked
// for.
package power

import (
	"io/fs"
	"strings"
)

// Supplies is where Linux describes the machine's power supplies. Other systems
// have no such directory.
const Supplies = "/sys/class/power_supply"

// OnBattery reports whether a battery of the machine is being drained, as files
// in the form of Supplies tell. The batteries of its mice and headsets do not
// count, and neither does what cannot be read.
func OnBattery(supplies fs.FS) bool {
	names, err := fs.ReadDir(supplies, ".")
	if err != nil {
		return false
	}
	for _, n := range names {
		is := func(file, value string) bool {
			text, err := fs.ReadFile(supplies, n.Name()+"/"+file)
			return err == nil && strings.TrimSpace(string(text)) == value
		}
		if is("type", "Battery") && !is("scope", "Device") && is("status", "Discharging") {
			return true
		}
	}
	return false
}
