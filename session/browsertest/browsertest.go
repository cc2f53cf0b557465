// Package browsertest lets tests look at pages in a real browser, chromium.
// A tab is a context of package chromedp, whose actions it takes.
package browsertest

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	patience = 20 * time.Second // how long a tab may take to become what it must
	life     = 3 * time.Minute  // of a browser: what hangs in it ends then
)

// New starts a browser that ends with the test, and returns its tab. Names
// below .test are this machine's, as after a rebinding attack. Without chromium
// the test is skipped.
func New(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no chromium on this machine: nothing shows what a real browser does (apt-get install chromium)")
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path),
		chromedp.NoFirstRun,
		chromedp.NoSandbox, // CI runs as root
		chromedp.Headless,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.UserDataDir(t.TempDir()),
	)
	t.Cleanup(cancel)
	tab, cancel := context.WithTimeout(NewTab(t, allocator), life)
	t.Cleanup(cancel)
	Do(t, tab, chromedp.Navigate("about:blank"))
	return tab
}

// NewTab opens one more tab of a browser.
func NewTab(t *testing.T, browser context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	return ctx
}

// Do runs actions in a tab.
func Do(t *testing.T, tab context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, actions...); err != nil {
		t.Fatal(err)
	}
}

// Becomes waits until a JavaScript expression is true in a tab, over loads of
// the page too.
func Becomes(t *testing.T, tab context.Context, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		last = err // that the page is being loaded, most often
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for %s; last: %v", patience, expression, last)
		}
	}
}
