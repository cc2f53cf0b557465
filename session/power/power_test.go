package power_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/hotdev/hotdev/session/power"
)

func TestOnBattery(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text + "\n")} }
	for _, tc := range []struct {
		name  string
		files fstest.MapFS
		want  bool
	}{
		{"a desktop", fstest.MapFS{}, false},
		{"plugged in", fstest.MapFS{"AC/type": file("Mains"), "AC/online": file("1"), "BAT0/type": file("Battery"), "BAT0/status": file("Charging")}, false},
		{"full", fstest.MapFS{"BAT0/type": file("Battery"), "BAT0/status": file("Full")}, false},
		{"on the train", fstest.MapFS{"AC/type": file("Mains"), "AC/online": file("0"), "BAT0/type": file("Battery"), "BAT0/status": file("Discharging")}, true},
		{"a mouse", fstest.MapFS{"hid/type": file("Battery"), "hid/scope": file("Device"), "hid/status": file("Discharging")}, false},
		{"a broken driver", fstest.MapFS{"BAT0/type": file("Battery")}, false},
	} {
		if got := power.OnBattery(tc.files); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	if power.OnBattery(os.DirFS("/there/is/no/such/directory")) {
		t.Error("without the directory")
	}
}
