// Package settings reads the demo's configuration.
package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
)

// Settings is what settings.json holds.
type Settings struct {
	Title string `json:"title"`
	Port  string `json:"port"` // used when PORT is not set
}

// Load reads file.
func Load(file string) (Settings, error) {
	var s Settings
	data, err := os.ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// Address is where to listen: PORT from the environment, else the file's port.
func (s Settings) Address() string {
	return "localhost:" + cmp.Or(os.Getenv("PORT"), s.Port)
}
