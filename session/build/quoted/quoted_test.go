package quoted

import (
	"slices"
	"testing"
)

// TestSplit holds that lists are split where the go command splits them.
func TestSplit(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]string{
		"":                            nil,
		" \t\n":                       nil,
		"-v":                          {"-v"},
		" -v  -tags=a,b\t-race\r\n":   {"-v", "-tags=a,b", "-race"},
		`'-ldflags=-s -w' "it's" ''`:  {"-ldflags=-s -w", "it's", ""},
		`"C:\a b\cache.exe" -x`:       {`C:\a b\cache.exe`, "-x"},
		`-ldflags='-s -w' and"within`: {"-ldflags='-s", "-w'", `and"within`},
		`"one"two`:                    {"one", "two"},
	} {
		if got, err := Split(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, %v; want %q", list, got, err, want)
		}
	}
	if got, err := Split(`-v 'not closed `); err == nil || !slices.Equal(got, []string{"-v", "not closed "}) {
		t.Errorf("a list with a mark that is not closed: %q, %v", got, err)
	}
}
