package main

import (
	"fmt"
	"os/exec"
	"runtime"
)

// openBrowser shows a page in the user's browser. The program that does so is
// the system's; it ends by itself.
func openBrowser(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.Command("open", url)
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("opening %s with %s: %w %s", url, cmd.Args[0], err, out)
	}
	return nil
}
